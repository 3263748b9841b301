import { Client } from 'pg';
import type { NexusConfig } from '#config';
import type { DoctorRow } from './row.js';

const answerWithinMs = 5_000;

interface Facts {
  readonly version: string;
  readonly fsync: string;
  readonly vector: string | null;
}

const question = `
  select current_setting('server_version') as version,
         current_setting('fsync') as fsync,
         (select coalesce(installed_version, default_version) from pg_available_extensions where name = 'vector') as vector`;

/** The database that would be used: reachable, with pgvector, and durable. */
export async function databaseRow({ database, home }: NexusConfig): Promise<DoctorRow> {
  const what = 'Database';
  if (database.kind === 'embedded') return { what, found: `embedded, in ${home}`, ok: true };
  const client = new Client({
    connectionString: database.url.reveal(),
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  });
  try {
    await client.connect();
    const { rows } = await client.query<Facts>(question);
    return judge(rows[0]);
  } catch (error) {
    const hint = 'Check DATABASE_URL, or unset it for the embedded database.';
    return { what, found: `cannot be used: ${(error as Error).message}`, ok: false, hint };
  } finally {
    await client.end().catch(() => undefined);
  }
}

function judge(facts: Facts | undefined): DoctorRow {
  const what = 'Database';
  if (!facts) return { what, found: 'answers nothing', ok: false, hint: 'Check DATABASE_URL.' };
  const found = `PostgreSQL ${facts.version}, pgvector ${facts.vector ?? 'missing'}, fsync ${facts.fsync}`;
  if (facts.vector === null) {
    return { what, found, ok: false, hint: 'Install pgvector on that server, or use one that has it.' };
  }
  const hint = facts.fsync === 'on' ? undefined : 'A power cut would lose runs: switch fsync on.';
  return { what, found, ok: facts.fsync === 'on', hint };
}
