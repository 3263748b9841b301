/** What a RunRow is read from. */
export const runColumns = [
  'id',
  'tenant',
  'goal',
  'labels',
  'status',
  'waiting',
  'planner',
  'plan',
  'inputs',
  'output',
  'error',
  'usage',
  'estimate',
  'budget',
  'triggers',
  'priority',
  'workflow_id as workflowId',
  'temporal_run_id as temporalRunId',
  'plan_request as planRequest',
  'stop',
  'stop_reason as stopReason',
  'stop_by as stopBy',
  'stop_at as stopAt',
  'stopped_in_ms as stoppedInMs',
  'stuck',
  'event_position as eventPosition',
  'created_at as createdAt',
  'started_at as startedAt',
  'finished_at as finishedAt',
  'dispatched_at as dispatchedAt',
] as const;

/** What an ArtefactRow is read from. */
export const artefactColumns = [
  'id',
  'tenant',
  'run_id as runId',
  'task_path as taskPath',
  'name',
  'media_type as mediaType',
  'bytes',
  'sha256',
  'internal',
  'created_at as createdAt',
] as const;

/** Columns as SQL text, of a table by its alias: `r.workflow_id as "workflowId"`. */
export function columnsText(alias: string, columns: readonly string[]): string {
  return columns
    .map((column) => {
      const [name, as] = column.split(' as ');
      return as === undefined ? `${alias}.${name}` : `${alias}.${name} as "${as}"`;
    })
    .join(', ');
}
