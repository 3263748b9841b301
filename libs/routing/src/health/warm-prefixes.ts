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
}

const none: readonly WarmPrefix[] = [];

export function createWarmPrefixes(): WarmPrefixes {
  const places = new Map<string, readonly WarmPrefix[]>();
  return {
    of(affinity, now) {
      const known = places.get(affinity);
      if (known === undefined) return none;
      return known.every((prefix) => now - prefix.at < keptMs)
        ? known
        : known.filter((prefix) => now - prefix.at < keptMs);
    },
    note(affinity, prefix) {
      const others = (places.get(affinity) ?? none).filter((other) => other.deployment !== prefix.deployment);
      // Set anew, it moves to the end: the first is the one that nobody has used for longest.
      places.delete(affinity);
      places.set(affinity, [prefix, ...others].slice(0, mostPlaces));
      if (places.size <= mostConversations) return;
      const [oldest] = places.keys();
      if (oldest !== undefined) places.delete(oldest);
    },
  };
}
