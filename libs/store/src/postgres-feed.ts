import pg from 'pg';
import { sql } from 'kysely';
import { createLocalFeed } from './changes.js';
import type { ChangeFeed, RunChange } from './changes.js';
import type { Database } from './database.js';
import { reasonOf } from './database-error.js';

const channel = 'nexus_run';
const pollMs = 1000;
/** How long after its time stamp a change may still become visible. */
const commitLagSeconds = 5;

/**
 * Changes of all processes on one database: told by NOTIFY, after the commit and at most one at a time, since NOTIFY
 * inside of it would make all commits wait for each other. One connection both tells and listens. Until it has heard
 * itself (it is down, or a pooler in between swallows LISTEN), changes of others are polled for.
 */
export async function openPostgresFeed(
  url: string,
  database: Database,
  log: (message: string) => void,
): Promise<ChangeFeed> {
  const local = createLocalFeed(log);
  const untold = new Set<string>();
  let client: pg.Client | null = null;
  let telling = false;
  let heard = false;
  let polledAt = performance.now();
  let polling: Promise<void> | null = null;
  let closed = false;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'nexus changes',
      keepAlive: true,
    });
    const lost = (why: string): void => {
      if (client !== fresh) return;
      client = null;
      heard = false;
      if (!closed) log(`the connection for changes was lost, polling until it is back: ${why}`);
    };
    fresh.on('error', (error) => lost(error.message));
    fresh.on('end', () => lost('it was closed'));
    fresh.on('notification', (message) => hear(message, fresh));
    await fresh.connect();
    client = fresh;
    await fresh.query(`listen ${channel}`);
    untold.add('');
    void tell();
  }

  function hear(message: pg.Notification, from: pg.Client): void {
    // Own changes were published when they were made.
    if (message.processId === (from as pg.Client & { processID?: number }).processID) {
      heard ||= message.payload === '';
      return;
    }
    const change = parsePayload(message.payload ?? '');
    if (change) local.publish([change]);
  }

  function publish(changes: readonly RunChange[]): void {
    local.publish(changes);
    for (const { tenant, runId } of changes) untold.add(`${tenant} ${runId}`);
    void tell();
  }

  /** While one telling is under way, the next gathers. */
  async function tell(): Promise<void> {
    if (telling) return;
    telling = true;
    while (client !== null && untold.size > 0) {
      const payloads = [...untold];
      untold.clear();
      try {
        // Nothing of it needs the disk.
        await client.query({
          name: 'tell',
          text: `select set_config('synchronous_commit', 'off', true), count(pg_notify('${channel}', payload))
            from unnest($1::text[]) as payload`,
          values: [payloads],
        });
      } catch (error) {
        for (const payload of payloads) untold.add(payload);
        log(`changes could not be told to other processes yet: ${reasonOf(error)}`);
        break;
      }
    }
    telling = false;
  }

  async function poll(): Promise<void> {
    const from = polledAt;
    const now = performance.now();
    const wasHeard = heard;
    try {
      if (client === null) await connect();
      const seconds = (now - from) / 1000 + commitLagSeconds;
      const rows = await database.kysely
        .selectFrom('run')
        .select(['tenant', 'id as runId'])
        .where(sql<boolean>`updated_at > clock_timestamp() - ${seconds} * interval '1 second'`)
        .execute();
      local.publish(rows);
      // Once more after it is heard again: what came in between was told to nobody here.
      polledAt = wasHeard ? Number.POSITIVE_INFINITY : now;
    } catch (error) {
      log(`changes of other processes cannot be read: ${reasonOf(error)}`);
    }
  }

  function tick(): void {
    if (heard && polledAt === Number.POSITIVE_INFINITY) return;
    if (polledAt === Number.POSITIVE_INFINITY) polledAt = performance.now() - pollMs;
    polling ??= poll().finally(() => (polling = null));
  }

  async function close(): Promise<void> {
    closed = true;
    clearInterval(timer);
    await polling;
    await local.close();
    await client?.end();
  }

  await connect();
  const timer = setInterval(tick, pollMs);
  timer.unref();
  return { subscribe: local.subscribe, publish, close };
}

function parsePayload(payload: string): RunChange | null {
  const at = payload.lastIndexOf(' ');
  return at < 0 ? null : { tenant: payload.slice(0, at), runId: payload.slice(at + 1) };
}
