import type { ApprovalRequest, JsonObject, NewRunEvent, RunEventType, RunPatch, TaskPatch } from '#contracts';
import type { ItemResult } from './state.js';

/** What becomes of a question about a task (or, with path ``, about the run); `asks` names it among those of the task. */
export type QuestionChange = { readonly path: string; readonly asks: string } & (
  | { readonly type: 'request'; readonly request: Omit<ApprovalRequest, 'id' | 'taskPath'> }
  | { readonly type: 'withdraw'; readonly at: number }
  | { readonly type: 'escalate'; readonly role: string }
  | { readonly type: 'extend'; readonly expiresAt: number }
);

/** What readers should come to know of one step of the engine: an event, and the rows it changes. */
export interface Emission {
  /** Absent where only rows change. */
  readonly event?: NewRunEvent | undefined;
  readonly task?: TaskPatch | undefined;
  readonly run?: RunPatch | undefined;
  readonly question?: QuestionChange | undefined;
  /** Results of items of a map, kept apart from rows of tasks. */
  readonly items?: { readonly path: string; readonly first: number; readonly results: readonly ItemResult[] };
}

export function emission(
  type: RunEventType,
  at: number,
  details: {
    taskPath?: string | undefined;
    data?: JsonObject | undefined;
    task?: TaskPatch | undefined;
    run?: RunPatch | undefined;
  } = {},
): Emission {
  const { taskPath, data, task, run } = details;
  return {
    event: {
      type,
      at,
      ...(taskPath === undefined ? {} : { taskPath }),
      ...(data === undefined ? {} : { data }),
    },
    task,
    run,
  };
}
