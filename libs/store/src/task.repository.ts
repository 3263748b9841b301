import type { Attempt } from '#contracts';
import type { Database } from './database.js';
import type { TaskRow } from './rows.js';

export interface TaskRepository {
  /** The run's tasks that something has touched, by path. */
  list(tenant: string, runId: string): Promise<TaskRow[]>;
  get(tenant: string, runId: string, path: string): Promise<TaskRow | null>;
}

const taskColumns = [
  'run_id as runId',
  'path',
  'tenant',
  'kind',
  'title',
  'status',
  'waiting',
  'input',
  'output',
  'error',
  'usage',
  'attempts',
  'agent',
  'tool',
  'workflow_id as workflowId',
  'started_at as startedAt',
  'finished_at as finishedAt',
] as const;

export function createTaskRepository({ kysely }: Database): TaskRepository {
  function ofRun(tenant: string, runId: string) {
    return kysely
      .selectFrom('task')
      .select(taskColumns)
      .where('run_id', '=', runId)
      .where('tenant', '=', tenant);
  }

  async function list(tenant: string, runId: string): Promise<TaskRow[]> {
    const rows = await ofRun(tenant, runId).orderBy('path').execute();
    return rows.map(withAttempts);
  }

  async function get(tenant: string, runId: string, path: string): Promise<TaskRow | null> {
    const row = await ofRun(tenant, runId).where('path', '=', path).executeTakeFirst();
    return row === undefined ? null : withAttempts(row);
  }

  return { list, get };
}

/** Attempts are kept by number, so that one can be replaced in place. */
function withAttempts<Row extends { attempts: Record<string, Attempt> }>(
  row: Row,
): Omit<Row, 'attempts'> & { attempts: Attempt[] } {
  return { ...row, attempts: Object.values(row.attempts).sort((a, b) => a.number - b.number) };
}
