import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#contracts';
import { inline, newId, noUsage, workflowIdOf } from '#contracts';
import type { StoredEnvironment } from '#plan';
import { bindPlan, PlanDocument } from '#plan';
import type { Store } from '#store';
import { openStore } from '#store';
import { createToolRegistry } from '#tools';
import type { BatchInput } from '#workflows';
import { runBatch } from './map-batch.js';
import type { BatchHost } from './map-batch.js';
import { approvalPolicy } from './approval-gate.js';
import { createPlanCache } from './plan-cache.js';
import { createSharedValues } from './shared-values.js';
import { createStepRunner } from './step-runner.js';
import { createStopList } from './stop-list.js';
import { tool } from './testing/segment-fixture.js';
import type { Work } from './testing/segment-fixture.js';

let store: Store;
beforeAll(async () => {
  store = await openStore({});
});
afterAll(() => store.close());

const tenant = 'default';
const list = Array.from({ length: 40 }, (_, n) => ({ n }));
/** More than stands inline. */
const large = 'x'.repeat(20_000);

/** Batches of a map over `list`, whose body gives the tool what `given` says. */
async function prepareMap(given: object, work: Work, more: object = {}, task?: object) {
  const runId = newId('run');
  const registry = createToolRegistry([tool('work', 'keyed', work)]);
  const body = task ?? { kind: 'tool', tool: 'work', with: given, retry: { maxAttempts: 1 }, ...more };
  const document = { tasks: [{ id: 'm', kind: 'map', over: '${inputs.list}', batch: 10, do: body }] };
  const bound = bindPlan(PlanDocument.parse(document), {
    tool: registry.get,
    agent: () => undefined,
    template: () => undefined,
  });
  const row = { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: Date.now() };
  await store.runs.create({ ...row, bound, plan: {} }, []);
  const stops = createStopList(store, () => undefined);
  const step = {
    store,
    tools: registry,
    worker: 'test',
    model: async () => ({ output: null, usage: { ...noUsage, modelCalls: 1 } }),
    plans: createPlanCache(store),
    asksBefore: approvalPolicy([]),
  };
  const deps = {
    store,
    stops,
    plans: createPlanCache(store),
    shared: createSharedValues(store),
    runStep: createStepRunner(step),
  };
  const put = (value: JsonValue) => store.values.put(tenant, runId, undefined, value, 100);
  /** Of the worker that has it now. */
  const leave = { current: new AbortController() };
  const host: BatchHost = {
    position: undefined,
    beat: () => undefined,
    drain: new AbortController().signal,
    leave: leave.current.signal,
  };
  const run = (first: number, environment: Partial<StoredEnvironment>, options: Partial<BatchInput> = {}) =>
    runBatch(
      deps,
      {
        tenant,
        runId,
        path: '',
        map: 'm',
        first,
        count: 10,
        environment: { inputs: inline({}), tasks: {}, run: { id: runId, startedAt: '' }, ...environment },
        ...options,
      },
      { ...host, leave: leave.current.signal },
    );
  const outputs = async (first: number): Promise<unknown[]> => {
    const rows = await store.mapResults.read(tenant, runId, 'm', first, first + 10);
    return rows.flatMap(({ items }) =>
      (items as { output: { inline: JsonValue } }[]).map((one) => one.output.inline),
    );
  };
  return { runId, put, run, outputs, leave, stops };
}

describe('a batch of a map (A22)', () => {
  it('gives each item of its stretch what the body reads, large values too', async () => {
    const given = {
      n: '${item.n}',
      index: '${index}',
      outer: '${outer}',
      input: '${inputs.rule.length}',
      task: '${tasks.before.output.length}',
    };
    const { put, run, outputs, stops } = await prepareMap(given, async (input) => input);
    const before = { status: 'SUCCEEDED', output: await put(large), error: null, usage: null } as const;
    const result = await run(20, {
      inputs: await put({ rule: large }),
      tasks: { before },
      items: {
        item: { list: await put(list), index: 20 },
        outer: { list: inline(['a', 'b', 'c']), index: 1 },
      },
    });
    expect(result).toMatchObject({ succeeded: 10, failed: 0, usage: { toolCalls: 10 } });
    const expected = Array.from({ length: 10 }, (_, at) => ({
      n: 20 + at,
      index: 20 + at,
      outer: 'b',
      input: large.length,
      task: large.length,
    }));
    expect(await outputs(20)).toEqual(expected);
    stops.close();
  });

  it('goes on behind what an attempt before it has kept', async () => {
    const calls: number[] = [];
    const prepared = await prepareMap({ n: '${item.n}' }, async (input) => {
      const { n } = input as { n: number };
      calls.push(n);
      if (n === 14 && calls.length === 5) prepared.leave.current.abort();
      return n;
    });
    const { put, run, outputs, leave, stops } = prepared;
    const environment = { items: { item: { list: await put(list), index: 10 } } };
    await expect(run(10, environment)).rejects.toThrow('another one goes on with m at item 15');
    expect(leave.current.signal.aborted).toBe(true);

    const kept = await outputs(10);
    expect(kept).toEqual([10, 11, 12, 13, 14]);
    expect(calls).toEqual([10, 11, 12, 13, 14]);

    // What the first has used counts, once.
    leave.current = new AbortController();
    expect(await run(10, environment)).toMatchObject({ succeeded: 10, usage: { toolCalls: 10 } });
    expect(calls).toHaveLength(10);
    stops.close();
  });

  it('says while an item is at work, and no longer (A10)', async () => {
    const inFlight = async () => (await store.tasks.inFlight(tenant, prepared.runId)).steps;
    const seen: number[] = [];
    const prepared = await prepareMap({ n: '${item.n}' }, async (input) => {
      seen.push(await inFlight());
      return input;
    });
    await prepared.run(0, { items: { item: { list: await prepared.put(list), index: 0 } } });
    expect(seen).toEqual(Array.from({ length: 10 }, () => 1));
    expect(await inFlight()).toBe(0);
    prepared.stops.close();
  });

  it('counts its calls where a trigger asks for it (A11)', async () => {
    const { run, put, stops } = await prepareMap({ odd: '${item.n % 2}' }, async (input) => input);
    const items = { item: { list: await put(list), index: 0 } };
    const { calls } = await run(0, { items }, { countCalls: true });
    expect(Object.values(calls ?? {})).toEqual([5, 5]);
    stops.close();
  });

  it('gives back what it has not begun when its share of the budget is used up (A11)', async () => {
    const model = { kind: 'model', model: 'nexus:fast', prompt: '${item.n}' };
    const { run, put, outputs, stops } = await prepareMap({}, async () => null, {}, model);
    const items = { item: { list: await put(list), index: 0 } };
    const allowance = { modelCalls: 4 };
    expect(await run(0, { items }, { allowance })).toMatchObject({
      succeeded: 4,
      failed: 0,
      left: 6,
      usage: { modelCalls: 4 },
    });
    expect(await outputs(0)).toHaveLength(4);
    stops.close();
  });

  it('holds an item to its deadline, over all its attempts', async () => {
    let attempts = 0;
    const given = { deadline: '1s', retry: { maxAttempts: 100, initial: '400ms', max: '400ms' } };
    const { run, put, stops } = await prepareMap(
      {},
      async () => {
        attempts++;
        throw new Error('not yet');
      },
      given,
    );
    const items = { item: { list: await put(list), index: 0 } };
    const result = await run(0, { items }, { count: 1 });
    expect(result).toMatchObject({ succeeded: 0, failed: 1 });
    expect(attempts).toBeLessThan(5);
    stops.close();
  });
});
