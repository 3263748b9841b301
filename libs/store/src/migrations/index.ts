import type { Migration } from 'kysely/migration';
import { tables } from './0001-tables.js';
import { recordFunction } from './0002-record-function.js';
import { createRunFunction } from './0003-create-run.js';

/** Every migration, by the name it is remembered by. What has been released does not change any more. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-tables': tables,
  '0002-record-function': recordFunction,
  '0003-create-run': createRunFunction,
};
