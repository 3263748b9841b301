import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { newId, noUsage, workflowIdOf } from '#contracts';
import { repositoryRoot } from '#ops/set-up/paths';
import { openStore } from '#store';
import type { Store } from '#store';
import { providePostgres } from './databases.js';
import type { Provided } from './databases.js';

const tenant = 'acme';
let provided: Provided;
let store: Store;
/** Calls that the provider has answered, and so bills. */
const billed: string[] = [];
const provider = createServer((request, response) => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  request.on('end', () => {
    billed.push(body);
    response.end('an answer');
  });
});

beforeAll(async () => {
  provided = await providePostgres();
  store = await openStore(provided.options);
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
}, 120_000);

afterAll(async () => {
  provider.close();
  await store.close();
  await provided.release();
});

/** A worker of its own that dies with the provider's reply in hand. */
async function dieWithTheReply(runId: string, key: string): Promise<string> {
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(repositoryRoot, 'test/support/source-loader.mjs'),
      join(repositoryRoot, 'test/store/calling-process.ts'),
      ...[provided.options.url ?? '', url, tenant, runId, key],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } },
  );
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => ['it ended by itself']),
  ])) as [Buffer | string];
  child.kill('SIGKILL');
  if (child.signalCode === null && child.exitCode === null) await once(child, 'exit');
  return line.toString().trim();
}

it('charges a call whose worker was killed between reply and settlement, and leaks nothing (C6)', async () => {
  const { ledger } = store;
  const runId = newId('run');
  const run = { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: Date.now() };
  await store.runs.create({ ...run, budget: { limitNanos: 1_000 } }, []);
  const account = () => ledger.ofRun(tenant, runId);
  expect(await dieWithTheReply(runId, 'killed')).toBe('reserved an answer');
  expect(billed).toEqual(['killed']);
  expect(await account()).toMatchObject({ spentNanos: 0, reservedNanos: 700 });

  // Until its lease is over it may yet be heard of, and its amount is nobody else's.
  expect(await ledger.expire()).toBe(0);
  const next = { key: 'next', tenant, runId, taskPath: 'ask', deployment: 'd', priceVersion: null };
  const another = { ...next, nanos: 400, tokens: 1, leaseMs: 60_000 };
  expect(await ledger.reserve(another)).toMatchObject({ state: 'refused', left: 300, pending: true });

  expect(await ledger.expire(10, Date.now() + 120_000)).toBe(1);
  expect(await account()).toMatchObject({ spentNanos: 700, reservedNanos: 0, spentCalls: 1 });
  // The attempt that takes over knows that it was sent, and that nobody knows what came of it.
  expect(await ledger.reserve({ ...another, key: 'killed' })).toEqual({ state: 'dispatched' });
  expect(await ledger.drift(true)).toEqual([]);

  await ledger.settle(tenant, 'killed', { nanos: 120, usage: noUsage });
  expect(await account()).toMatchObject({ spentNanos: 120, reservedNanos: 0, spentCalls: 1 });
  expect(await ledger.reserve(another)).toEqual({ state: 'reserved' });
  await ledger.release(tenant, 'next');
  expect(await ledger.drift(true)).toEqual([]);
});

it('has an entry for every change, which nobody alters, and finds an account that was altered', async () => {
  const client = new pg.Client({ connectionString: provided.options.url });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select kind, reserved_nanos::int as held, spent_nanos::int as spent, price_version from ledger_entry
       where key = 'killed' order by id`,
    );
    expect(rows).toEqual([
      { kind: 'reserved', held: 700, spent: 0, price_version: 'v1' },
      { kind: 'expired', held: -700, spent: 700, price_version: 'v1' },
      { kind: 'corrected', held: 0, spent: -580, price_version: 'v1' },
    ]);
    await expect(client.query('update ledger_entry set spent_nanos = 0')).rejects.toThrow('is only added to');
    await expect(client.query('delete from ledger_entry')).rejects.toThrow('is only added to');
    await client.query(`update budget_account set reserved_nanos = reserved_nanos + 1 where scope = 'run'`);
    expect(await store.ledger.drift()).toMatchObject([
      { tenant, scope: 'run', detail: expect.stringContaining('reserved: (1, 0, 0) in the account') },
    ]);
    await client.query(`update budget_account set reserved_nanos = 0, spent_nanos = 1 where scope = 'run'`);
    expect(await store.ledger.drift()).toEqual([]);
    expect(await store.ledger.drift(true)).toMatchObject([{ detail: expect.stringContaining('spent:') }]);
  } finally {
    await client.end();
  }
});
