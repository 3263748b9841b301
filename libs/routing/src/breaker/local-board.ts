import type { BreakerBoard, BreakerPermit } from './breaker-board.js';
import { breakerDefaults } from './breaker-settings.js';
import type { BreakerSettings } from './breaker-settings.js';
import { createBreakers } from './breakers.js';
import type { BreakerReport, BreakersDeps } from './breakers.js';

export interface LocalBoardOptions extends Partial<Pick<BreakersDeps, 'now' | 'random' | 'groups'>> {
  readonly settings?: Partial<BreakerSettings> | undefined;
}

/** The breakers of one process alone. With clock and dice given, the same calls lead to the same breakers. */
export interface LocalBoard extends BreakerBoard {
  view(name: string): BreakerReport;
  all(): readonly BreakerReport[];
  /** As `enter`, and at once. */
  enterNow(name: string, now: number): BreakerPermit | null;
}

export function createLocalBoard(options: LocalBoardOptions = {}): LocalBoard {
  const breakers = createBreakers({
    settings: { ...breakerDefaults, ...options.settings },
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    groups: options.groups,
    change(name, change) {
      const next = change(breakers.condition(name));
      if (next !== null) breakers.put(name, next);
    },
  });

  function enterNow(name: string, now: number): BreakerPermit | null {
    const entry = breakers.enter(name, now);
    if (entry === null || 'permit' in entry) return entry?.permit ?? null;
    const next = entry.probe(breakers.condition(name));
    if (next === null) return null;
    breakers.put(name, next);
    return breakers.probing(name, entry.name);
  }

  return {
    view: (name) => breakers.view(name),
    all: () => breakers.names().map((name) => breakers.view(name)),
    enter: (name, now) => Promise.resolve(enterNow(name, now)),
    enterNow,
  };
}
