import { describe, expect, it } from '@jest/globals';
import type { LanguageModelV4CallOptions, ProviderV4 } from '@ai-sdk/provider';
import { guardModels } from './guarded-models.js';
import type { StopList } from './stop-list.js';

/** A list that the test writes, and a model that answers only when it is aborted or let go. */
function prepare() {
  const listeners = new Set<() => void>();
  const interrupt = new AbortController();
  const cut = new AbortController();
  const list = { held: false, off: undefined as string | undefined };
  const stops: StopList = {
    cutSignal: () => cut.signal,
    interruptSignal: () => interrupt.signal,
    isHeld: () => list.held,
    blocked: ({ model, agent }) =>
      list.off !== undefined && [model, agent].includes(list.off) ? 'off' : undefined,
    watch: (listener) => (listeners.add(listener), () => void listeners.delete(listener)),
    refresh: async () => undefined,
    fresh: async () => undefined,
    close: () => undefined,
  };
  let calls = 0;
  let answer: (reply: object) => void = () => undefined;
  const model = {
    doGenerate: ({ abortSignal }: LanguageModelV4CallOptions) => {
      calls++;
      return new Promise((resolve, reject) => {
        answer = resolve;
        abortSignal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    },
  };
  const provider = { languageModel: () => model } as unknown as ProviderV4;
  const nexus = { tenant: 'default', runId: 'run_a' };
  const options = { prompt: [], providerOptions: { nexus, guard: { agent: 'writer' } } };
  return {
    list,
    cut,
    interrupt,
    tell: () => listeners.forEach((listener) => listener()),
    calls: () => calls,
    answer: (reply: object) => answer(reply),
    ask: async () => guardModels(provider, stops).languageModel('nexus:fast').doGenerate(options),
    watched: () => listeners.size,
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a model call of an agent', () => {
  it('is made, when nothing stands against it', async () => {
    const { ask, answer, watched } = prepare();
    const asked = ask();
    await turn();
    answer({ content: 'yes' });
    expect(await asked).toEqual({ content: 'yes' });
    expect(watched()).toBe(0);
  });

  it('is not made while its run is paused (A10)', async () => {
    const { ask, list, calls } = prepare();
    list.held = true;
    await expect(ask()).rejects.toMatchObject({ type: 'PAUSED', nonRetryable: true });
    expect(calls()).toBe(0);
  });

  it('is cut when the run is interrupted', async () => {
    const { ask, interrupt } = prepare();
    const asked = ask();
    await turn();
    interrupt.abort();
    await expect(asked).rejects.toMatchObject({ type: 'PAUSED' });
  });

  it.each(['nexus:fast', 'writer'])(
    'is neither made nor gone on with while %s is switched off (A11)',
    async (off) => {
      const { ask, list, tell, calls } = prepare();
      const asked = ask();
      await turn();
      list.off = off;
      tell();
      await expect(asked).rejects.toMatchObject({ type: 'KILL_SWITCH', message: 'off' });
      await expect(ask()).rejects.toMatchObject({ type: 'KILL_SWITCH' });
      expect(calls()).toBe(1);
    },
  );

  it('ends at once when the run is stopped', async () => {
    const { ask, cut } = prepare();
    const asked = ask();
    await turn();
    cut.abort();
    await expect(asked).rejects.toMatchObject({ type: 'CANCELLED' });
  });

  it('that fails by itself fails as it is', async () => {
    const { ask, answer } = prepare();
    const asked = ask();
    await turn();
    answer(Promise.reject(new Error('overloaded')));
    await expect(asked).rejects.toThrow('overloaded');
  });
});
