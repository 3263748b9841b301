import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import { openStore } from '#store';
import type { Store } from '#store';
import { databases } from './databases.js';

const tenant = 'acme';

describe.each(databases)('pages of tasks on $name', ({ provide }) => {
  let store: Store;
  let release: () => Promise<void>;
  const runId = newId('run');
  const items = Array.from({ length: 120 }, (_unused, index) => `each[${index}]/item`);
  const nested = ['fix[2]/sub[10]/a', 'fix[2]/sub[9]/b', 'fix[10]/a'];

  beforeAll(async () => {
    const provided = await provide();
    release = provided.release;
    store = await openStore(provided.options);
    await store.runs.create(
      { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: Date.now() },
      [],
    );
    const paths = ['b', 'each', ...nested, ...items, 'a10', 'a2'];
    const tasks = paths.map((path, index) => {
      const status = index % 3 === 0 ? ('FAILED' as const) : ('SUCCEEDED' as const);
      return { path, kind: 'tool' as const, status };
    });
    await store.record({ tenant, runId, events: [], tasks });
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await release();
  });

  const page = { first: 1_000, after: null, except: [], status: null };
  const ordered = ['a10', 'a2', 'b', 'each', ...items, 'fix[2]/sub[9]/b', 'fix[2]/sub[10]/a', 'fix[10]/a'];
  const pathsOf = (rows: readonly { readonly path: string }[]) => rows.map(({ path }) => path);

  it('have indices in the order of their values, as the whole list has', async () => {
    expect(pathsOf(await store.tasks.page(tenant, runId, page))).toEqual(ordered);
    expect(pathsOf(await store.tasks.list(tenant, runId))).toEqual(ordered);
    expect(await store.tasks.page('another', runId, page)).toEqual([]);
  });

  it.each([1, 7, 50])('give every task once, %i at a time', async (first) => {
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const rows: { path: string }[] = await store.tasks.page(tenant, runId, { ...page, first, after });
      expect(rows.length).toBeLessThanOrEqual(first);
      seen.push(...pathsOf(rows));
      after = rows.at(-1)?.path ?? null;
      more = rows.length === first;
    }
    expect(seen).toEqual(ordered);
  });

  it('leave out paths and other statuses', async () => {
    const rows = await store.tasks.page(tenant, runId, {
      ...page,
      first: 3,
      after: 'b',
      except: ['each', 'each[0]/item'],
      status: ['FAILED'],
    });
    const failed = new Set(
      (await store.tasks.list(tenant, runId))
        .filter(({ status }) => status === 'FAILED')
        .map(({ path }) => path),
    );
    const expected = ordered.slice(ordered.indexOf('each[1]/item')).filter((path) => failed.has(path));
    expect(pathsOf(rows)).toEqual(expected.slice(0, 3));
  });

  it('are found by their paths, those that nothing has touched left out', async () => {
    const rows = await store.tasks.at(tenant, runId, ['b', 'each[3]/item', 'nothing']);
    expect(pathsOf(rows).sort()).toEqual(['b', 'each[3]/item']);
    expect(await store.tasks.at(tenant, runId, [])).toEqual([]);
  });
});
