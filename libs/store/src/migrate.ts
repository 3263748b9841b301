import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { nexusError } from '#contracts';
import type { Database } from './database.js';
import { migrations } from './migrations/index.js';
import type { Tables } from './tables.js';

const migrationTableName = 'nexus_migration';
const migrationLockTableName = 'nexus_migration_lock';
/** An advisory lock of ours: the Migrator takes its own only after it has made its tables. */
const lockKey = 7_305_817_342;

/** Brings the database to this build's schema; several processes may do so at once. */
export async function migrate(database: Database, log: (message: string) => void): Promise<void> {
  await checkVector(database.kysely);
  if ((await pending(database.kysely)).length === 0) return;
  await database.kysely.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${lockKey})`.execute(connection);
    try {
      await runMigrations(connection, log);
    } finally {
      await sql`select pg_advisory_unlock(${lockKey})`.execute(connection);
    }
  });
}

async function runMigrations(connection: Kysely<Tables>, log: (message: string) => void): Promise<void> {
  const { error, results } = await new Migrator({
    db: connection,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    migrationTableName,
    migrationLockTableName,
  }).migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw nexusError(
      'FAILED_PRECONDITION',
      `the database could not be migrated${failed ? ` by ${failed}` : ''}`,
      {
        hint: 'The database user must own the schema and be allowed to create tables and the extension "vector".',
        cause: error,
      },
    );
  }
  for (const result of results ?? []) log(`migrated the database: ${result.migrationName}`);
}

/** Names of this build's migrations that the database does not have yet. */
async function pending(kysely: Kysely<Tables>): Promise<string[]> {
  const { rows: tables } = await sql<{ oid: string | null }>`
    select to_regclass(${migrationTableName})::text as oid`.execute(kysely);
  if (tables[0]?.oid == null) return Object.keys(migrations);
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(migrationTableName)}`.execute(
    kysely,
  );
  const present = new Set(rows.map((row) => row.name));
  const unknown = [...present].filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) {
    throw nexusError(
      'FAILED_PRECONDITION',
      `the database has migrations that this build does not know: ${unknown.join(', ')}`,
      {
        hint: 'A newer Nexus has used this database. Run that version or a later one, or use another database.',
      },
    );
  }
  return Object.keys(migrations).filter((name) => !present.has(name));
}

async function checkVector(kysely: Kysely<Tables>): Promise<void> {
  const { rows } = await sql`select from pg_available_extensions where name = 'vector'`.execute(kysely);
  if (rows.length > 0) return;
  throw nexusError('FAILED_PRECONDITION', 'the database server lacks pgvector (the extension "vector")', {
    hint: 'Install pgvector on the server, for instance the package postgresql-16-pgvector or the image pgvector/pgvector.',
  });
}
