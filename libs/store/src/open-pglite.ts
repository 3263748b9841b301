import { Kysely, PGliteDialect } from 'kysely';
import type { Database, Statement } from './database.js';
import { parseTime } from './json-text.js';
import type { Tables } from './tables.js';

/** PostgreSQL inside this process: in `dataDir`, or in memory. One process at a time may open a folder. */
export async function openPGlite(dataDir: string | undefined): Promise<Database> {
  // Imported late: who has a server need not load the WebAssembly.
  const [{ PGlite, types }, { vector }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite-pgvector'),
  ]);
  const pglite = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    extensions: { vector },
    parsers: {
      [types.INT8]: Number,
      [types.TIMESTAMPTZ]: parseTime,
      [types.BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex'),
    },
    // Its own goes byte by byte: a second per megabyte.
    serializers: { [types.BYTEA]: (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}` },
  });
  const kysely = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });

  async function call<Row>(statement: Statement, parameters: readonly unknown[]): Promise<Row[]> {
    const result = await pglite.query<Row>(statement.text, [...parameters]);
    return result.rows;
  }

  async function close(): Promise<void> {
    await kysely.destroy();
    if (!pglite.closed) await pglite.close();
  }

  return { kind: 'pglite', kysely, call, close };
}
