import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import { openStore } from '#store';

describe('the embedded database in a folder', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'nexus-store-'));
  });

  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  it('has all that was recorded when it is opened again', async () => {
    const first = await openStore({ dataDir });
    const id = newId('run');
    const tenant = 'acme';
    await first.runs.create({ id, tenant, workflowId: workflowIdOf(id), createdAt: Date.now() }, []);
    // Not awaited: closing writes what is under way, and refuses what comes after.
    const underWay = first.record({ tenant, runId: id, events: [{ type: 'run.started', at: 1 }], tasks: [] });
    await first.close();
    await underWay;
    await expect(first.record({ tenant, runId: id, events: [], tasks: [] })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });

    const migrated: string[] = [];
    const second = await openStore({ dataDir, log: (line) => migrated.push(line) });
    expect(migrated).toEqual([]);
    expect(await second.events.after(tenant, id, 0, 10)).toEqual([
      { type: 'run.started', at: 1, position: 1 },
    ]);
    await second.close();
  }, 60_000);
});
