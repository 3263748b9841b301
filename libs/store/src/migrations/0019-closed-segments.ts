import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A segment that was ended from outside: who comes late, and has not heard, is not let in. */
export const closedSegments: Migration = {
  async up(db) {
    await sql.raw('alter table segment add column closed boolean not null default false').execute(db);
  },
};
