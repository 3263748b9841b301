import { setTimeout as wait } from 'node:timers/promises';
import type { NexusProcess } from '../../e2e/nexus-process.js';
import { follow, type ShownEvent } from '../../e2e/runs.js';

/** A subscriber that comes back with its cursor whenever it has lost the API. */
export interface Follower {
  readonly events: readonly ShownEvent[];
  /** Goes on at this API, from the last event that it has. */
  readonly resume: (nexus: NexusProcess) => void;
  /** Goes on at whichever API there is, until there is no more. */
  readonly untilCompleted: (api: () => NexusProcess | null) => Promise<void>;
  /** Resolves when the API says that there is no more. */
  readonly completed: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function createFollower(id: string): Follower {
  const events: ShownEvent[] = [];
  let current: ReturnType<typeof follow> | undefined;
  let taken: Promise<'completed' | 'lost'> = Promise.resolve('lost');
  async function followAt(nexus: NexusProcess): Promise<'completed' | 'lost'> {
    current = follow(nexus, id, events.at(-1)?.cursor);
    const ended = await current.ended;
    events.push(...current.values);
    // A subscription that ends with an error is none that has come to its end.
    return current.errors.length > 0 ? 'lost' : ended;
  }

  return {
    events,
    resume(nexus) {
      taken = taken.then((how) => (how === 'completed' ? how : followAt(nexus)));
    },
    async untilCompleted(api) {
      for (;;) {
        const nexus = api();
        if (nexus && (await followAt(nexus)) === 'completed') return;
        await wait(200);
      }
    },
    completed: async () => {
      if ((await taken) !== 'completed') throw new Error(`run ${id}: its subscription was lost`);
    },
    stop: async () => {
      await current?.stop();
    },
  };
}
