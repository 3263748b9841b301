import { uuidv7obj } from 'uuidv7';

export type IdPrefix = 'run' | 'art' | 'tpl' | 'apr' | 'req' | 'wrk' | 'call' | 'rule';

/** A new ID such as `run_01900000-0000-7000-8000-000000000000`. Not for workflows: there IDs are derived. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7obj().toString()}`;
}

/** The ID of a task: derived, since run and path name it. */
export function taskId(runId: string, path: string): string {
  return `task:${runId}:${path}`;
}

/**
 * The ID of an approval: derived, so that whoever comes to the same question asks it once. `asks` tells questions about
 * the same task apart, and of its repetitions.
 */
export function approvalId(runId: string, path: string, asks: string): string {
  return `approval:${runId}:${asks}:${path}`;
}

/** What the breaker of a deployment is called. */
export function breakerOfDeployment(deployment: string): string {
  return `model:${deployment}`;
}

/** What the breaker of a tool is called. */
export function breakerOfTool(tool: string): string {
  return `tool:${tool}`;
}

/** Run and path of a task's ID, or null when it is not one. */
export function parseTaskId(id: string): { runId: string; path: string } | null {
  const match = /^task:(run_[^:]+):(.+)$/.exec(id);
  return match?.[1] && match[2] ? { runId: match[1], path: match[2] } : null;
}
