import { createEndReconciler } from './ended-workflows.js';
import { createPauseMirror } from './native-pauses.js';
import type { OperatorsDeps } from './operators-deps.js';
import { createResetReconciler } from './reset-workflows.js';

const everyMs = 1_000;
const lease = 'operators';
const leaseMs = 5_000;

/**
 * Follows what operators do to runs in Temporal itself: every second, in one process of all. Each process offers to;
 * when the one that does it is gone, another takes over within five seconds.
 */
export function startOperatorWatch(
  deps: OperatorsDeps,
  holder: string,
): { readonly stop: () => Promise<void> } {
  const rounds = [createPauseMirror(deps), createEndReconciler(deps), createResetReconciler(deps)];
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let failing = '';

  /** The same trouble every second is worth one line. */
  async function attempt(round: () => Promise<unknown>): Promise<boolean> {
    try {
      await round();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!stopped && reason !== failing)
        deps.logger.warn({ error }, 'what operators do in Temporal cannot be followed');
      failing = reason;
      return false;
    }
  }

  async function look(): Promise<void> {
    let mine = false;
    await attempt(async () => (mine = await deps.store.leases.take(lease, holder, leaseMs)));
    if (!mine) return;
    const well = await Promise.all(rounds.map(attempt));
    if (well.every(Boolean)) failing = '';
  }

  function next(): void {
    running = look().then(() => {
      if (!stopped) timer = setTimeout(next, everyMs).unref();
    });
  }
  next();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      await attempt(() => deps.store.leases.release(lease, holder));
    },
  };
}
