import { describe, expect, it } from '@jest/globals';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { endedRunStatuses, runStatuses, taskKinds, taskStatuses } from '#contracts';
import { migrations } from './index.js';

/** The SQL of all migrations, from a database that only listens. */
async function allSql(): Promise<string> {
  const statements: string[] = [];
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void statements.push(query.sql),
  });
  for (const migration of Object.values(migrations)) await migration.up(db);
  return statements.join(';\n');
}

describe('the migrations', () => {
  it('allow the states and kinds of the contracts', async () => {
    const sql = await allSql();
    const list = (...names: readonly string[]): RegExp =>
      new RegExp(`in\\s*\\(\\s*${names.map((name) => `'${name}'`).join(',\\s*')}\\s*\\)`);
    expect(sql).toMatch(list(...runStatuses));
    expect(sql).toMatch(list(...endedRunStatuses));
    expect(sql).toMatch(list(...taskStatuses));
    expect(sql).toMatch(list(...taskKinds));
  });

  it('are in the order of their names', () => {
    expect(Object.keys(migrations)).toEqual(Object.keys(migrations).sort());
  });
});
