import type { JsonObject, RunEvent, RunEventType } from '#contracts';
import type { Database, Statement } from './database.js';
import { plainText } from './json-text.js';

export interface EventRepository {
  /** Events of a run past a position, in order: what a reader resumes with, none lost and none twice. */
  after(tenant: string, runId: string, position: number, limit: number): Promise<RunEvent[]>;
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

export function createEventRepository(database: Database): EventRepository {
  async function after(tenant: string, runId: string, position: number, limit: number): Promise<RunEvent[]> {
    const rows = await database.call<EventRow>(eventsAfter, [plainText(runId), tenant, position, limit]);
    return rows.map(({ taskPath, data, ...event }) => ({
      ...event,
      ...(taskPath === null ? {} : { taskPath }),
      ...(data === null ? {} : { data }),
    }));
  }

  return { after };
}
