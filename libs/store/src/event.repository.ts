import type { JsonObject, RunEvent, RunEventType } from '#contracts';
import type { Database, Statement } from './database.js';
import { plainText } from './json-text.js';

export interface EventRepository {
  /** Events of a run past a position, in order: what a reader resumes with, none lost and none twice. */
  after(tenant: string, runId: string, position: number, limit: number): Promise<RunEvent[]>;
  /** The last event of this type about the task. */
  latest(tenant: string, runId: string, type: RunEventType, taskPath: string): Promise<RunEvent | null>;
}

interface EventRow {
  readonly position: number;
  readonly type: RunEventType;
  readonly at: number;
  readonly taskPath: string | null;
  readonly data: JsonObject | null;
}

const eventsAfter: Statement = {
  name: 'events_after',
  text: `select position, type, at, task_path as "taskPath", data from run_event
where run_id = $1 and tenant = $2 and position > $3 order by position limit $4`,
};

const latestEvent: Statement = {
  name: 'latest_event',
  text: `select position, type, at, task_path as "taskPath", data from run_event
where run_id = $1 and tenant = $2 and type = $3 and task_path = $4 order by position desc limit 1`,
};

export function createEventRepository(database: Database): EventRepository {
  async function after(tenant: string, runId: string, position: number, limit: number): Promise<RunEvent[]> {
    const rows = await database.call<EventRow>(eventsAfter, [plainText(runId), tenant, position, limit]);
    return rows.map(eventOf);
  }

  async function latest(
    tenant: string,
    runId: string,
    type: RunEventType,
    taskPath: string,
  ): Promise<RunEvent | null> {
    const [row] = await database.call<EventRow>(latestEvent, [
      plainText(runId),
      tenant,
      type,
      plainText(taskPath),
    ]);
    return row === undefined ? null : eventOf(row);
  }

  return { after, latest };
}

function eventOf({ taskPath, data, ...event }: EventRow): RunEvent {
  return {
    ...event,
    ...(taskPath === null ? {} : { taskPath }),
    ...(data === null ? {} : { data }),
  };
}
