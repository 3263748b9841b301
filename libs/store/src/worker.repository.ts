import { sql } from 'kysely';
import type { Database } from './database.js';
import { jsonText, timeText } from './json-text.js';

/** What a worker says of itself. */
export interface WorkerNotice {
  readonly id: string;
  /** What plans may require of it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly queues: readonly string[];
  readonly since: number;
}

export interface WorkerRow extends WorkerNotice {
  readonly seenAt: number;
  /** Time since it was last seen, by the database's clock alone. */
  readonly silentMs: number;
}

export interface WorkerRepository {
  /** Says that the worker lives, and forgets those that have been silent for an hour. */
  heartbeat(worker: WorkerNotice): Promise<void>;
  /** Forgets a worker that leaves. */
  remove(id: string): Promise<void>;
  /** All that are known; who has been silent for long is gone. */
  list(): Promise<WorkerRow[]>;
}

export function createWorkerRepository({ kysely }: Database): WorkerRepository {
  async function heartbeat({ id, labels, queues, since }: WorkerNotice): Promise<void> {
    const row = { labels: jsonText(labels), queues: [...queues], seen_at: sql<string>`clock_timestamp()` };
    await kysely
      .with('forgotten', (db) =>
        db
          .deleteFrom('worker')
          .where(sql<boolean>`seen_at < clock_timestamp() - interval '1 hour' and id <> ${id}`),
      )
      .insertInto('worker')
      .values({ id, since: timeText(since), ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }

  async function remove(id: string): Promise<void> {
    await kysely.deleteFrom('worker').where('id', '=', id).execute();
  }

  async function list(): Promise<WorkerRow[]> {
    return await kysely
      .selectFrom('worker')
      .select([
        'id',
        'labels',
        'queues',
        'since',
        'seen_at as seenAt',
        sql<number>`(extract(epoch from clock_timestamp() - seen_at) * 1000)::float8`.as('silentMs'),
      ])
      .orderBy('since')
      .orderBy('id')
      .execute();
  }

  return { heartbeat, remove, list };
}
