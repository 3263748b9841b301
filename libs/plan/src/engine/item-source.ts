import type { JsonValue } from '#contracts';
import type { PlanIndex } from './plan-index.js';
import { taskViews } from './task-views.js';

/** The expression that gives an item's output: that of its only task, or its tasks by ID. */
export function itemSource(index: PlanIndex, body: string): JsonValue {
  const tasks = index.scope(body)?.tasks ?? [];
  const [only] = tasks;
  if (tasks.length !== 1 || only === undefined) return taskViews(tasks);
  return `\${tasks['${only.slice(only.lastIndexOf('/') + 1)}'].output}`;
}
