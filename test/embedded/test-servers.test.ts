import { expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { createDatabase } from '../support/postgres.js';
import { temporalAddress, uniqueTaskQueue } from '../support/temporal.js';

it('offers a real Temporal server with pause and fairness, and task queues that nobody shares', async () => {
  const connection = await Connection.connect({ address: temporalAddress() });
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(namespaceInfo?.capabilities?.workflowPause).toBe(true);
  await connection.close();
  expect(uniqueTaskQueue()).not.toBe(uniqueTaskQueue());
});

it('offers databases of a real PostgreSQL with pgvector', async () => {
  const database = await createDatabase('vectors');
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query(`select '[1,2]'::vector <-> '[1,4]'::vector as distance, version()`);
  await client.end();
  await database.drop();
  expect(rows[0]).toMatchObject({ distance: 2, version: expect.stringContaining('PostgreSQL 16') });
});
