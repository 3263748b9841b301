/** Where a conversation was last answered, so that a provider may still have its beginning in its cache. */
export interface WarmPrefix {
  readonly deployment: string;
  /** Tokens of the input at that time. */
  readonly tokens: number;
  readonly at: number;
}

/** As long as most providers keep a prefix that nobody asks for. */
const keptMs = 300_000;
const mostConversations = 50_000;
const mostPlaces = 4;

/** Bounded, and forgets by itself: a pin that never ends would keep traffic at a bad deployment. */
export interface WarmPrefixes {
  /** Those that may still be warm, the latest first. */
  of(affinity: string, now: number): readonly WarmPrefix[];
  note(affinity: string, prefix: WarmPrefix): void;
  /** Another worker has noted it. */
  heard(affinity: string, prefix: WarmPrefix): void;
  /** What was noted here since this was last asked. */
  news(): Readonly<Record<string, WarmPrefix>>;
  /** Somebody asks for the next turn, whose beginning of so many tokens was asked before. */
  ask(affinity: string, prefixTokens: number): void;
  /** Of the turn that was asked last and began then, the tokens that a warm cache should have at that place. */
  expected(affinity: string, deployment: string, now: number): number;
  /** How many turns are still to come after one, by what conversations did so far. */
  turnsAhead(): number;
}

/**
 * Before anything is known: that share of turns is followed by another. Callers name an affinity only where they expect it;
 * and that weighs as much as so many turns, because the first minutes see few second ones.
 */
const priorShare = 0.5;
const priorTurns = 200;
/** Older turns count less and less. */
const rememberedTurns = 2_000;
const mostAhead = 4;

const none: readonly WarmPrefix[] = [];

export function createWarmPrefixes(): WarmPrefixes {
  const places = new Map<string, readonly WarmPrefix[]>();
  const asked = new Map<string, number>();
  const unreported = new Map<string, WarmPrefix>();

  function keep(affinity: string, prefix: WarmPrefix): void {
    const others = (places.get(affinity) ?? none).filter((other) => other.deployment !== prefix.deployment);
    // Set anew, it moves to the end: the first is the one that nobody has used for longest.
    places.delete(affinity);
    const all = [prefix, ...others].toSorted((a, b) => b.at - a.at);
    places.set(affinity, all.slice(0, mostPlaces));
    dropOldest(places);
  }

  let turns = 0;
  let followed = 0;
  return {
    turnsAhead() {
      const share = (followed + priorShare * priorTurns) / (turns + priorTurns);
      return Math.min(mostAhead, share / (1 - share));
    },
    of(affinity, now) {
      const known = places.get(affinity);
      if (known === undefined) return none;
      return known.every((prefix) => now - prefix.at < keptMs)
        ? known
        : known.filter((prefix) => now - prefix.at < keptMs);
    },
    ask(affinity, prefixTokens) {
      asked.delete(affinity);
      asked.set(affinity, prefixTokens);
      dropOldest(asked);
    },
    expected(affinity, deployment, now) {
      const warm = places
        .get(affinity)
        ?.find((prefix) => prefix.deployment === deployment && prefix.at <= now && now - prefix.at < keptMs);
      return warm === undefined ? 0 : Math.min(warm.tokens, asked.get(affinity) ?? warm.tokens);
    },
    note(affinity, prefix) {
      const known = places.get(affinity) ?? none;
      turns += 1;
      if (known.some(({ at }) => prefix.at - at < keptMs)) followed += 1;
      if (turns > rememberedTurns) [turns, followed] = [turns / 2, followed / 2];
      keep(affinity, prefix);
      unreported.set(affinity, prefix);
      dropOldest(unreported);
    },
    heard: keep,
    news() {
      const news = Object.fromEntries(unreported);
      unreported.clear();
      return news;
    },
  };
}

/** A map keeps the order of insertion: its first key is the one that nobody has set for longest. */
function dropOldest(map: Map<string, unknown>): void {
  if (map.size <= mostConversations) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
