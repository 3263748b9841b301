import { describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Store } from '#store';
import { anySignal, createStopList } from './stop-list.js';

describe('the stop list', () => {
  it('cuts a run whose signal nobody holds but through the signal that follows it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let change: (change: { runId: string }) => void = () => undefined;
    const stopped: { runId: string; stop: string }[] = [];
    const store = {
      runs: { stopped: async () => stopped },
      changes: { subscribe: (listener: typeof change) => ((change = listener), () => undefined) },
    } as unknown as Store;
    const stops = createStopList(store, () => undefined);
    const cut = anySignal(stops.cutSignal('run_a'), new AbortController().signal);
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    stopped.push({ runId: 'run_a', stop: 'cut' });
    change({ runId: 'run_a' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(cut.aborted).toBe(true);
    stops.close();
  });
});
