import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Where a run stood when it ended, for a person who has one of its tasks tried again. */
export const secondTry: Migration = {
  async up(db) {
    await sql.raw('alter table run add column kept_state json').execute(db);
  },
};
