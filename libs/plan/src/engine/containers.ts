import type { Draft } from './draft.js';
import { move, nodeAt, taskAt } from './draft.js';
import { emission } from './emission.js';
import type { TaskState } from './state.js';

/** A container that the engine itself performs begins. */
export function beginContainer(
  draft: Draft,
  path: string,
  at: number,
  state: Pick<TaskState, 'branch' | 'loop' | 'map'>,
): void {
  const { task } = nodeAt(draft, path);
  const { readyAt } = taskAt(draft, path);
  move(draft, path, { status: 'RUNNING', readyAt, startedAt: at, attempts: 1, ...state });
  draft.emissions.push(
    emission('task.started', at, {
      taskPath: path,
      data: { attempt: 1 },
      task: { path, kind: task.kind, title: task.title, status: 'RUNNING', startedAt: at },
    }),
  );
}
