import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nexusError, taskQueues, workflowIdOf, workflowTypes } from '#contracts';
import type { JsonValue, ToolContext } from '#contracts';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

let runs: RunsFixture;
const tenant = 'default';

/** What tools did to the world, in order. */
let ledger: { does: 'make' | 'undo'; path: string; key: string; of?: JsonValue }[] = [];
/** Paths at which a call fails, by what it does. */
let faults: Record<'make' | 'undo', Set<string>>;
/** Told of each call. */
let called: (does: 'make' | 'undo', path: string) => void = () => undefined;
/** Resolves when a call is cut. */
let cutOff: Promise<void>;
let wasCut: () => void = () => undefined;
/** Calls to these paths wait until they are let go. */
let gates: Map<string, Promise<void>>;

beforeAll(async () => {
  const does = (name: 'make' | 'undo') =>
    tool(
      name,
      async (input: JsonValue, { taskPath: path, idempotencyKey: key, signal }: ToolContext) => {
        const gate = gates.get(`${name} ${path}`);
        called(name, path);
        const stop = new Promise<void>((_, reject) => {
          const stopped = (): void => {
            wasCut();
            reject(new Error('cut'));
          };
          signal.addEventListener('abort', stopped, { once: true });
        });
        stop.catch(() => undefined);
        if (gate) await Promise.race([gate, stop]);
        if (faults[name].has(path)) {
          const retryable = name === 'undo';
          throw nexusError('TOOL_FAILED', `${name} ${path} does not go`, { noEffect: true, retryable });
        }
        ledger.push({ does: name, path, key, ...(name === 'undo' ? { of: input } : {}) });
        return { made: path };
      },
      'keyed',
    );
  runs = await startRuns([does('make'), does('undo')]);
});
afterAll(() => runs.close());
beforeEach(() => {
  ledger = [];
  faults = { make: new Set(), undo: new Set() };
  called = () => undefined;
  gates = new Map();
  cutOff = new Promise((resolve) => (wasCut = resolve));
});

const make = (id: string, needs: string[] = [], more: object = {}) => ({
  id,
  kind: 'tool',
  tool: 'make',
  needs,
  with: { id },
  compensate: {
    tool: 'undo',
    with: { key: '${self.idempotencyKey}', input: '${self.input}', output: '${self.output}' },
    retry: { maxAttempts: 1 },
  },
  ...more,
});
const made = () => ledger.filter(({ does }) => does === 'make').map(({ path }) => path);
const undone = () => ledger.filter(({ does }) => does === 'undo').map(({ path }) => path);

async function statusOf(runId: string, path: string) {
  return (await runs.store.tasks.get(tenant, runId, path))?.status;
}

async function typesOf(runId: string): Promise<string[]> {
  return (await runs.store.events.after(tenant, runId, 0, 500)).map(({ type }) => type);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** As the command does it. */
async function rollBack(runId: string): Promise<void> {
  const { live } = await runs.store.rollbacks.request(tenant, runId, { by: 'ada', reason: 'wrong', at: 1 });
  const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
  if (live) return handle.signal('rollback', { by: 'ada', reason: 'wrong', at: 1 });
  await runs.client.workflow.start(workflowTypes.rollback, {
    workflowId: workflowIdOf(runId),
    taskQueue: taskQueues.orchestrator,
    args: [{ tenant, runId }],
  });
}

describe('a rollback (A12)', () => {
  it('follows the failure of a run that says so, what needed it first', async () => {
    faults.make.add('c');
    const tasks = [make('a'), make('b', ['a']), make('c', ['b'])];
    const runId = await runs.start({ name: 'rolled-back', effects: 'compensate', tasks });
    const row = await runs.ended(runId);
    expect(row).toMatchObject({ status: 'ROLLED_BACK', error: { code: 'TOOL_FAILED', taskPath: 'c' } });
    expect(made()).toEqual(['a', 'b']);
    expect(undone()).toEqual(['b', 'a']);
    const b = ledger.find(({ does }) => does === 'undo');
    const effect = ledger.find(({ does, path }) => does === 'make' && path === 'b');
    expect(b?.of).toEqual({ key: effect?.key, input: { id: 'b' }, output: { made: 'b' } });
    expect(b?.key).not.toBe(effect?.key);
    expect(await statusOf(runId, 'a')).toBe('COMPENSATED');
    expect(await statusOf(runId, 'c')).toBe('FAILED');
    const types = await typesOf(runId);
    expect(types).not.toContain('run.cancelling');
    expect(types.indexOf('run.rolling_back')).toBeLessThan(types.indexOf('task.compensating'));
    expect(types.filter((type) => type === 'run.ended')).toHaveLength(1);
    expect(types.at(-1)).toBe('run.ended');
  });

  it('keeps what was done where the plan says nothing of it', async () => {
    faults.make.add('b');
    const runId = await runs.start({ tasks: [make('a'), make('b', ['a'])] });
    expect((await runs.ended(runId)).status).toBe('FAILED');
    expect(undone()).toEqual([]);
  });

  it('reaches into all that a run is made of, long after its end', async () => {
    const tasks = [
      { id: 'l', kind: 'loop', while: '${loop.index < 3}', maxIterations: 5, do: [make('turn')] },
      {
        id: 'm',
        kind: 'map',
        needs: ['l'],
        over: [1, 2, 3],
        batch: 3,
        do: make('item'),
      },
      { id: 'd', kind: 'branch', needs: ['m'], cases: [{ if: '${true}', do: [make('taken')] }] },
      { id: 's', kind: 'plan', needs: ['d'], plan: { tasks: [make('short'), make('then', ['short'])] } },
      { id: 'p', kind: 'plan', grain: 'task', needs: ['s'], plan: { grain: 'task', tasks: [make('long')] } },
    ];
    const runId = await runs.start({ tasks });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(made()).toHaveLength(10);
    await runs.client.workflow.getHandle(workflowIdOf(runId)).result();
    await rollBack(runId);
    expect((await runs.ended(runId)).status).toBe('ROLLED_BACK');
    const order = undone();
    expect(order.slice(0, 4)).toEqual(['p/long', 's/then', 's/short', 'd/taken']);
    expect([...order.slice(4, 7)].sort()).toEqual(['m[0]/item', 'm[1]/item', 'm[2]/item']);
    expect(order.slice(7)).toEqual(['l[2]/turn', 'l[1]/turn', 'l[0]/turn']);
    const keys = ledger.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('cuts a run that is under way, and undoes what may have happened too', async () => {
    let letGo: () => void = () => undefined;
    gates.set('make b', new Promise((resolve) => (letGo = resolve)));
    const reached = new Promise<void>((resolve) => {
      called = (_, path) => {
        if (path === 'b') resolve();
      };
    });
    const runId = await runs.start({ grain: 'task', tasks: [make('a'), make('b', ['a']), make('c', ['b'])] });
    await runs.store.runs.markDispatched(tenant, runId, 'known');
    await reached;
    await rollBack(runId);
    expect((await runs.ended(runId)).status).toBe('ROLLED_BACK');
    letGo();
    expect(made()).toEqual(['a']);
    expect(undone()).toEqual(['b', 'a']);
    const ofB = ledger.find(({ does }) => does === 'undo');
    expect(ofB?.of).toMatchObject({ output: null });
    expect(await statusOf(runId, 'b')).toBe('COMPENSATED');
    expect(await statusOf(runId, 'c')).toBe('CANCELLED');
  });

  it('undoes the others when one cannot be undone, and asks a person', async () => {
    faults.make.add('c');
    faults.undo.add('b');
    const tasks = [make('a'), make('b', ['a']), make('c', ['b'])];
    const runId = await runs.start({ effects: 'compensate', tasks });
    expect((await runs.ended(runId)).status).toBe('ROLLBACK_INCOMPLETE');
    expect(undone()).toEqual(['a']);
    expect(await statusOf(runId, 'b')).toBe('COMPENSATION_FAILED');
    expect(await runs.store.approvals.of(tenant, runId)).toMatchObject([
      { kind: 'COMPENSATION', taskPath: 'b', status: 'PENDING' },
    ]);
    faults.undo.clear();
    await runs.client.workflow.getHandle(workflowIdOf(runId)).result();
    await runs.store.effects.retry(tenant, runId, 'b', 'ada');
    await runs.client.workflow.start(workflowTypes.rollback, {
      workflowId: workflowIdOf(runId),
      taskQueue: taskQueues.orchestrator,
      args: [{ tenant, runId }],
    });
    expect((await runs.ended(runId)).status).toBe('ROLLED_BACK');
    expect(undone()).toEqual(['a', 'b']);
  });

  it('may be held, which cuts what runs where that is wanted, and goes on', async () => {
    gates.set('undo b', new Promise(() => undefined));
    faults.make.add('c');
    const reached = new Promise<void>((resolve) => {
      called = (does, path) => {
        if (does === 'undo' && path === 'b') resolve();
      };
    });
    const tasks = [make('a'), make('b', ['a']), make('c', ['b'])];
    const runId = await runs.start({ effects: 'compensate', tasks });
    await reached;
    const pause = { source: 'API', by: 'ada', since: Date.now(), interrupt: true } as const;
    await runs.store.pauses.add(tenant, runId, pause, true);
    await runs.client.workflow.getHandle(workflowIdOf(runId)).signal('pause', pause);
    await cutOff;
    expect(await runs.store.runs.get(tenant, runId)).toMatchObject({ status: 'PAUSED' });
    expect(undone()).toEqual([]);
    gates.clear();
    await runs.store.pauses.lift(tenant, runId, 'all', 'ada');
    await runs.client.workflow.getHandle(workflowIdOf(runId)).signal('resume', {});
    expect((await runs.ended(runId)).status).toBe('ROLLED_BACK');
    expect(undone()).toEqual(['b', 'a']);
  });

  describe('that fails and is tried again', () => {
    const stubborn = { tool: 'undo', with: {}, retry: { maxAttempts: 1_000, initial: '100ms', factor: 1 } };

    /** Resolves when it has been tried; it goes on failing until its fault is gone. */
    async function tried(): Promise<string> {
      faults.make.add('b');
      faults.undo.add('a');
      const reached = new Promise<void>((resolve) => {
        called = (does) => does === 'undo' && resolve();
      });
      const tasks = [make('a', [], { compensate: stubborn }), make('b', ['a'])];
      const runId = await runs.start({ effects: 'compensate', tasks });
      await reached;
      return runId;
    }

    it('is held by a pause before its next try', async () => {
      const runId = await tried();
      const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
      const pause = { source: 'API', by: 'ada', since: Date.now() } as const;
      await runs.store.pauses.add(tenant, runId, pause, false);
      await handle.signal('pause', pause);
      // With tries that go on, the activity would.
      await until(async () => ((await handle.describe()).raw.pendingActivities ?? []).length === 0);
      expect(undone()).toEqual([]);
      faults.undo.clear();
      await runs.store.pauses.lift(tenant, runId, 'all', 'ada');
      await handle.signal('resume', {});
      expect((await runs.ended(runId)).status).toBe('ROLLED_BACK');
    });

    it('is held by a switch on its tool, and says so', async () => {
      const runId = await tried();
      const off = { scope: 'TOOL', target: 'undo', tenant, reason: 'wrong', engagedBy: 'ada' } as const;
      await runs.store.killSwitches.engage({ ...off, engagedAt: Date.now() });
      const waiting = async () => (await runs.store.runs.get(tenant, runId))?.waiting?.kind;
      await until(async () => (await waiting()) === 'KILL_SWITCH');
      faults.undo.clear();
      await runs.store.killSwitches.release(off.scope, off.target, tenant, 'ada');
      expect(await runs.ended(runId)).toMatchObject({ status: 'ROLLED_BACK', waiting: null });
      expect(undone()).toEqual(['a']);
    });
  });

  it('acts by a trigger', async () => {
    faults.make.add('b');
    const tasks = [make('a'), make('b', ['a'], { onError: 'continue' }), make('c', ['b'])];
    const triggers = [{ on: 'FAILED_TASKS', threshold: 1, do: 'ROLLBACK' }] as const;
    const runId = await runs.start({ grain: 'task', tasks }, {}, { triggers });
    expect((await runs.ended(runId)).status).toBe('ROLLED_BACK');
    expect(undone().at(-1)).toBe('a');
  });
});
