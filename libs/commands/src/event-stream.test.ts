import { describe, expect, it } from '@jest/globals';
import { abortableStream, createWake } from './event-stream.js';

const never = 60_000;

describe('createWake', () => {
  it('sleeps until woken', async () => {
    const wake = createWake(new AbortController().signal);
    const slept = wake.within(never);
    wake.now();
    await slept;
  });

  it('does not miss a call that came before the sleep, and takes it for one sleep only', async () => {
    const wake = createWake(new AbortController().signal);
    wake.now();
    wake.now();
    await wake.within(never);
    const before = performance.now();
    await wake.within(20);
    expect(performance.now() - before).toBeGreaterThan(15);
  });

  it('ends with its signal, whenever that comes', async () => {
    const controller = new AbortController();
    const wake = createWake(controller.signal);
    const slept = wake.within(never);
    controller.abort();
    await slept;
    await wake.within(never);
  });
});

describe('abortableStream', () => {
  it('ends at once for a reader that leaves while it waits', async () => {
    let tidied = false;
    const stream = abortableStream(async function* (signal) {
      try {
        yield 1;
        await createWake(signal).within(never);
      } finally {
        tidied = true;
      }
    });
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    const next = stream.next();
    await stream.return();
    expect([await next, tidied]).toEqual([{ done: true, value: undefined }, true]);
  });
});
