import type { EngineState } from '#plan/engine';
import { timers } from '#plan/engine';
import { CancellationScope, sleep } from '@temporalio/workflow';

/** The timers of tasks that wait for a time: a wait, or a retry. */
export interface TaskTimers {
  /** Sets those that are missing. */
  set(state: EngineState): void;
  /** Takes back those of tasks that wait no more. */
  settle(state: EngineState): void;
}

export function createTaskTimers(due: (path: string) => void): TaskTimers {
  const scopes = new Map<string, CancellationScope>();

  function setTimer({ path, until }: { path: string; until: number }): void {
    if (scopes.has(path)) return;
    const scope = new CancellationScope();
    scopes.set(path, scope);
    scope
      .run(() => sleep(Math.max(1, until - Date.now()), { summary: path }))
      .then(
        () => {
          scopes.delete(path);
          due(path);
        },
        () => scopes.delete(path),
      );
  }

  return {
    set(state) {
      for (const timer of timers(state)) setTimer(timer);
    },
    settle(state) {
      const waiting = new Set(timers(state).map(({ path }) => path));
      for (const [path, scope] of scopes) if (!waiting.has(path)) scope.cancel();
    },
  };
}
