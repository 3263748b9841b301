import { afterEach, describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RunHold, Store } from '#store';
import type { KillSwitch } from './kill-switch.js';
import { anySignal } from './named-signals.js';
import { createStopList } from './stop-list.js';
import type { StopList } from './stop-list.js';

let stops: StopList;
afterEach(() => stops.close());

/** A store whose lists the test writes. */
function listed() {
  let change: (change: { runId: string }) => void = () => undefined;
  let switched: (change: { of: KillSwitch; engaged: boolean }) => void = () => undefined;
  let answer: () => Promise<void> = async () => undefined;
  const holds: RunHold[] = [];
  const active: KillSwitch[] = [];
  const store = {
    runs: {
      holds: async () => {
        const now = [...holds];
        await answer();
        return now;
      },
    },
    killSwitches: {
      active: async () => [...active],
      watch: (listener: typeof switched) => ((switched = listener), () => undefined),
    },
    changes: { subscribe: (listener: typeof change) => ((change = listener), () => undefined) },
  } as unknown as Store;
  stops = createStopList(store, () => undefined);
  return {
    holds,
    active,
    put: async (...now: RunHold[]) => {
      holds.splice(0, holds.length, ...now);
      await stops.refresh();
    },
    announce: (runId: string) => change({ runId }),
    throwSwitch: (of: KillSwitch, engaged = true) => switched({ of, engaged }),
    answerAfter: (wait: Promise<void>) => (answer = () => wait),
  };
}

const tool: KillSwitch = { scope: 'TOOL', target: 'mail', tenant: 'default', reason: 'it spams' };

describe('the stop list', () => {
  it('cuts a run whose signal nobody holds but through the signal that follows it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const list = listed();
    const cut = anySignal(stops.cutSignal('run_a'), new AbortController().signal);
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    list.holds.push({ runId: 'run_a', stop: 'cut', hold: null });
    const aborted = new Promise((resolve) => cut.addEventListener('abort', resolve));
    list.announce('run_a');
    await aborted;
    expect(cut.aborted).toBe(true);
  });

  it('cuts a run that is killed', async () => {
    const list = listed();
    const cut = stops.cutSignal('run_a');
    await list.put({ runId: 'run_a', stop: 'kill', hold: null });
    expect(cut.aborted).toBe(true);
  });

  it('holds a paused run, and interrupts only what was begun before the pause (A10)', async () => {
    const list = listed();
    const before = stops.interruptSignal('default', 'run_a');
    const other = stops.interruptSignal('default', 'run_b');
    await list.put({ runId: 'run_a', stop: null, hold: 'hold' });
    expect(stops.isHeld('default', 'run_a')).toBe(true);
    expect(before.aborted).toBe(false);
    await list.put({ runId: 'run_a', stop: null, hold: 'interrupt' });
    expect([before.aborted, other.aborted]).toEqual([true, false]);
    await list.put();
    expect(stops.isHeld('default', 'run_a')).toBe(false);
    expect(stops.interruptSignal('default', 'run_a').aborted).toBe(false);
  });

  it('tells those who wait when a pause comes and goes, and not when nothing has changed', async () => {
    const list = listed();
    let told = 0;
    const unwatch = stops.watch(() => told++);
    await list.put();
    const before = told;
    await list.put({ runId: 'run_a', stop: null, hold: 'hold' });
    await list.put({ runId: 'run_a', stop: null, hold: 'hold' });
    await list.put();
    expect(told - before).toBe(2);
    unwatch();
    await list.put({ runId: 'run_a', stop: null, hold: 'hold' });
    expect(told - before).toBe(2);
  });

  it('knows a switch of this process before the database does, and forgets it when it is released (A11)', async () => {
    const list = listed();
    let answer: () => void = () => undefined;
    list.answerAfter(new Promise((resolve) => (answer = resolve)));
    const slow = stops.refresh();
    list.throwSwitch(tool);
    expect(stops.blocked({ tenant: 'default', tool: 'mail' })).toBe('tool mail is switched off: it spams');
    expect(stops.blocked({ tenant: 'other', tool: 'mail' })).toBeUndefined();
    list.active.push(tool);
    answer();
    await slow;
    expect(stops.blocked({ tenant: 'default', tool: 'mail' })).toBeDefined();
    list.throwSwitch(tool, false);
    expect(stops.blocked({ tenant: 'default', tool: 'mail' })).toBeUndefined();
    list.active.length = 0;
    await stops.refresh();
    expect(stops.blocked({ tenant: 'default', tool: 'mail' })).toBeUndefined();
  });

  it('holds and interrupts all runs of a tenant, or of all, while a switch stands against them', async () => {
    const list = listed();
    const running = stops.interruptSignal('default', 'run_a');
    const other = stops.interruptSignal('other', 'run_b');
    list.throwSwitch({ scope: 'TENANT', target: null, tenant: 'default' });
    expect([running.aborted, other.aborted]).toEqual([true, false]);
    expect([stops.isHeld('default', 'run_x'), stops.isHeld('other', 'run_b')]).toEqual([true, false]);
    list.throwSwitch({ scope: 'GLOBAL', target: null, tenant: '*' });
    expect([other.aborted, stops.isHeld('other', 'run_b')]).toEqual([true, true]);
  });
});
