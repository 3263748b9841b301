import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { testServers } from './servers.js';

export interface TestDatabase {
  readonly url: string;
  /** Drops it, together with whoever is still connected. */
  drop(): Promise<void>;
}

/** An empty database of a test's own, with pgvector, on the real PostgreSQL of this run. */
export async function createDatabase(name = 'test'): Promise<TestDatabase> {
  const { postgres } = testServers();
  if ('missing' in postgres) throw new Error(`this test needs a real PostgreSQL: ${postgres.missing}`);
  const unique = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}_${randomBytes(6).toString('hex')}`;
  const url = new URL(postgres.url);
  url.pathname = `/${unique}`;
  await execute(postgres.url, `create database "${unique}"`);
  await execute(url.href, 'create extension if not exists vector');
  return {
    url: url.href,
    drop: () => execute(postgres.url, `drop database if exists "${unique}" with (force)`),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
