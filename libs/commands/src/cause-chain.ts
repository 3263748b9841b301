import type { Failure } from '#contracts';
import type { RunRow } from '#store';
import type { TaskView } from './task-view.js';

const longestChain = 50;

/** The run's failure and what it names as its causes, down to the failures of the tasks behind it. */
export function causeChain(run: RunRow, tasks: readonly TaskView[]): Failure[] {
  const chain: Failure[] = [];
  const byPath = new Map(tasks.map((task) => [task.path, task]));
  const follow = (failure: Failure | null | undefined): void => {
    for (let next = failure; next && chain.length < longestChain; next = next.cause) {
      const { code, message, taskPath } = next;
      if (chain.some((one) => one.code === code && one.message === message)) continue;
      chain.push(next);
      const task = taskPath === undefined ? undefined : byPath.get(taskPath);
      if (task?.error) follow({ ...task.error, taskPath: task.error.taskPath ?? task.path });
    }
  };
  follow(run.error);
  // A run may be stopped for another reason than what had gone wrong before.
  for (const { error, path, status } of tasks) {
    if (chain.length >= longestChain) break;
    if (status === 'FAILED' && error) follow({ ...error, taskPath: error.taskPath ?? path });
  }
  return chain;
}
