import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

/** SQL that runs often. The name lets PostgreSQL keep it prepared: equal names, equal texts. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** One database, either kind. Every write of this lib is one statement, so none needs a transaction. */
export interface Database {
  readonly kind: 'postgres' | 'pglite';
  readonly kysely: Kysely<Tables>;
  /** Runs a statement of the hot path, past the query builder. */
  call<Row>(statement: Statement, parameters: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}
