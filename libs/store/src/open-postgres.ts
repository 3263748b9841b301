import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database, Statement } from './database.js';
import { parseTime } from './json-text.js';
import type { Tables } from './tables.js';

const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.TIMESTAMPTZ, parseTime],
]);

/** Set per pool: the driver's own table of parsers belongs to the whole process. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : parsers.get(oid)) ??
    pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/** A pool of connections to a PostgreSQL server. */
export function openPostgres(options: {
  readonly url: string;
  readonly poolSize: number;
  readonly log: (message: string) => void;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: 'nexus',
    connectionTimeoutMillis: 10_000,
    types,
  });
  // Unheard, the loss of an idle connection would end the process.
  pool.on('error', (error) => options.log(`an idle connection to PostgreSQL was lost: ${error.message}`));
  // So would that of one that is in use between two statements; the statement that wants it next fails by itself.
  pool.on('connect', (client) => {
    client.on('error', (error) => options.log(`a connection to PostgreSQL was lost: ${error.message}`));
  });
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

  async function call<Row>(statement: Statement, parameters: readonly unknown[]): Promise<Row[]> {
    const result = await pool.query({ name: statement.name, text: statement.text, values: [...parameters] });
    return result.rows as Row[];
  }

  return { kind: 'postgres', kysely, call, close: () => kysely.destroy() };
}
