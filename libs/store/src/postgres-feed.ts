import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { createLocalFeed } from './changes.js';
import type { ChangeFeed, RunChange } from './changes.js';
import type { Database } from './database.js';
import { reasonOf } from './database-error.js';
import { connectNotices } from './postgres-notices.js';
import type { Notices } from './postgres-notices.js';

const tickMs = 1000;
const probeEveryTicks = 10;
const deafAfterMs = 30_000;
/** Between two tellings: what changes meanwhile is told together. */
const gatherMs = 20;
/** How long after its time stamp a change may still become visible. */
const commitLagMs = 5000;
/** Payload of a probe: what a connection tells itself, to know that it hears. */
const probe = '';

/**
 * Changes of all processes on one database. They are told by NOTIFY after the commit: inside of it, it would make all
 * commits wait for each other. While this process does not hear its own probes (the connection is down, or a pooler in
 * between swallows LISTEN) it polls for what others change.
 */
export async function openPostgresFeed(
  url: string,
  database: Database,
  log: (message: string) => void,
): Promise<ChangeFeed> {
  const local = createLocalFeed(log);
  const untold = new Set<string>();
  let notices: Notices | null = null;
  let telling: Promise<void> | null = null;
  let ticking: Promise<void> | null = null;
  let ticks = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  /** Since when changes of others may have gone unheard; null while all are heard. */
  let missedSince: number | null = performance.now();

  async function connect(): Promise<void> {
    notices = await connectNotices(url, { hear, lost });
    tell(probe);
  }

  function lost(why: string): void {
    notices = null;
    heardAt = Number.NEGATIVE_INFINITY;
    missedSince ??= performance.now();
    log(`the connection for changes was lost, polling until it is back: ${why}`);
  }

  function hear(payload: string, own: boolean): void {
    if (own && payload === probe) heardAt = performance.now();
    const change = own ? null : parsePayload(payload);
    if (change) local.publish([change]);
  }

  function publish(changes: readonly RunChange[]): void {
    local.publish(changes);
    tell(...changes.map(({ tenant, runId }) => `${tenant} ${runId}`));
  }

  function tell(...payloads: string[]): void {
    for (const payload of payloads) untold.add(payload);
    telling ??= tellAll().finally(() => (telling = null));
  }

  async function tellAll(): Promise<void> {
    while (untold.size > 0) {
      const connection = notices;
      if (connection === null) return;
      const payloads = [...untold];
      untold.clear();
      try {
        await connection.tell(payloads);
      } catch (error) {
        for (const payload of payloads) untold.add(payload);
        log(`changes could not be told to other processes yet: ${reasonOf(error)}`);
      }
      await delay(gatherMs);
    }
  }

  async function tick(): Promise<void> {
    try {
      if (notices === null) await connect();
      else if (++ticks % probeEveryTicks === 0) tell(probe);
      if (notices !== null && performance.now() - heardAt > deafAfterMs) missedSince ??= performance.now();
      if (missedSince !== null) await poll(missedSince);
    } catch (error) {
      log(`changes of other processes cannot be read: ${reasonOf(error)}`);
    }
  }

  async function poll(since: number): Promise<void> {
    const now = performance.now();
    const hearing = now - heardAt < deafAfterMs;
    const rows = await database.kysely
      .selectFrom('run')
      .select(['tenant', 'id as runId'])
      .where(sql<boolean>`updated_at > clock_timestamp() - ${now - since + commitLagMs} * interval '1 ms'`)
      .execute();
    local.publish(rows);
    // What began to be heard before this poll needs no other one, unless it was lost again meanwhile.
    missedSince = hearing && notices !== null ? null : now;
  }

  async function close(): Promise<void> {
    clearInterval(timer);
    await ticking;
    await telling;
    await local.close();
    await notices?.close();
  }

  await connect();
  const timer = setInterval(() => {
    ticking ??= tick().finally(() => (ticking = null));
  }, tickMs);
  timer.unref();
  return { subscribe: local.subscribe, publish, close };
}

function parsePayload(payload: string): RunChange | null {
  const at = payload.lastIndexOf(' ');
  return at < 0 ? null : { tenant: payload.slice(0, at), runId: payload.slice(at + 1) };
}
