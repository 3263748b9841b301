import type { NexusProcess } from '../../e2e/nexus-process.js';
import { follow, type ShownEvent } from '../../e2e/runs.js';

/** A subscriber that comes back with its cursor whenever it has lost the API. */
export interface Follower {
  readonly events: readonly ShownEvent[];
  /** Goes on at this API, from the last event that it has. */
  readonly resume: (nexus: NexusProcess) => void;
  /** Resolves when the API says that there is no more. */
  readonly completed: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function createFollower(id: string): Follower {
  const events: ShownEvent[] = [];
  let current: ReturnType<typeof follow> | undefined;
  let taken: Promise<'completed' | 'lost'> = Promise.resolve('lost');
  return {
    events,
    resume(nexus) {
      const before = taken;
      taken = before.then(async (how) => {
        if (how === 'completed') return how;
        current = follow(nexus, id, events.at(-1)?.cursor);
        const ended = await current.ended;
        events.push(...current.values);
        return ended;
      });
    },
    completed: async () => {
      if ((await taken) !== 'completed') throw new Error(`run ${id}: its subscription was lost`);
    },
    stop: async () => {
      await current?.stop();
    },
  };
}
