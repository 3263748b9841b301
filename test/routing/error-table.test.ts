import { afterEach, describe, expect, it } from '@jest/globals';
import { failureFrom } from './nexus-fixture.js';
import { catalogueOf, deploymentOf, notingBoard, notingLedger, routedWith } from './routed-fixture.js';
import type { Answer, Wire, WireServer } from './wires.js';
import { refuses, startWireServer, streams, wires } from './wires.js';

const servers: WireServer[] = [];
afterEach(() => {
  for (const { stop } of servers.splice(0)) stop();
});
async function serve(...answers: Answer[]): Promise<WireServer> {
  const server = await startWireServer(...answers);
  servers.push(server);
  return server;
}

/** Where silence is the matter, it is not to be long; elsewhere a slow machine must not pass for it. */
const timeoutsFor = ({ kind }: Row) => {
  const silenceMs = kind === 'silent' || kind === 'stalled' ? 400 : 10_000;
  return { callMs: 20_000, firstPartMs: silenceMs, stallMs: silenceMs };
};

interface Row {
  readonly name: string;
  readonly answer: (wire: Wire) => Answer;
  readonly kind: string;
  readonly code: string;
  readonly retryable: boolean;
  /** What the breaker of the deployment is told. */
  readonly breaker: string;
  /** Whether another deployment, of another provider, is asked. */
  readonly goesOn: boolean;
  /** Whether something was billed. */
  readonly billed?: boolean;
}

const unavailable = { code: 'PROVIDER_UNAVAILABLE', retryable: true, goesOn: true };
const refused = { retryable: false, breaker: 'neutral' };

const rows: readonly Row[] = [
  {
    name: 'a connection that is reset before an answer',
    answer: () => (response) => response.socket?.resetAndDestroy(),
    kind: 'unreachable',
    breaker: 'failed unreachable',
    ...unavailable,
  },
  {
    name: 'status 500',
    answer: (wire) => refuses(wire, { status: 500, message: 'oops' }),
    kind: 'broken',
    breaker: 'failed broken',
    ...unavailable,
  },
  {
    name: 'status 503',
    answer: (wire) => refuses(wire, { status: 503, message: 'busy' }),
    kind: 'overloaded',
    breaker: 'failed overloaded',
    ...unavailable,
  },
  {
    name: 'status 529',
    answer: (wire) => refuses(wire, { status: 529, message: 'Overloaded' }),
    kind: 'overloaded',
    breaker: 'failed overloaded',
    ...unavailable,
  },
  {
    name: 'a rate limit',
    answer: (wire) => refuses(wire, { status: 429, message: 'slow down' }, { 'retry-after': '7' }),
    kind: 'rate-limited',
    breaker: 'neutral',
    ...unavailable,
  },
  {
    name: 'credit that has run out',
    answer: (wire) => refuses(wire, wire.outOfCredit),
    kind: 'out-of-credit',
    code: 'PROVIDER_QUOTA',
    ...refused,
    goesOn: true,
  },
  {
    name: 'a bad key',
    answer: (wire) => refuses(wire, { status: 401, message: 'no such key' }),
    kind: 'bad-key',
    code: 'PROVIDER_AUTH',
    ...refused,
    goesOn: true,
  },
  {
    name: 'a key that may not',
    answer: (wire) => refuses(wire, { status: 403, message: 'not for you' }),
    kind: 'bad-key',
    code: 'PROVIDER_AUTH',
    ...refused,
    goesOn: true,
  },
  {
    name: 'a model that is not known',
    answer: (wire) => refuses(wire, { status: 404, message: 'no such model' }),
    kind: 'unknown-model',
    code: 'INVALID_INPUT',
    ...refused,
    goesOn: true,
  },
  {
    name: 'a request that is not valid',
    answer: (wire) => refuses(wire, { status: 400, message: 'bad schema' }),
    kind: 'invalid-request',
    code: 'INVALID_INPUT',
    ...refused,
    goesOn: false,
  },
  {
    name: 'a prompt that is too long',
    answer: (wire) => refuses(wire, { status: 400, message: wire.overflow }),
    kind: 'context-overflow',
    code: 'CONTEXT_OVERFLOW',
    ...refused,
    // The other one has a window of the same size.
    goesOn: false,
  },
  {
    name: 'an answer that is withheld',
    answer: (wire) => streams([wire.begin('I '), wire.end('filtered')]),
    kind: 'content-filtered',
    code: 'CONTENT_FILTERED',
    retryable: false,
    breaker: 'ok',
    goesOn: false,
    billed: true,
  },
  {
    name: 'a call of a tool that the server could not read',
    answer: (wire) =>
      refuses(wire, {
        status: 400,
        message: 'Failed to call a function. See failed_generation',
        code: 'tool_use_failed',
      }),
    kind: 'malformed-tool-call',
    code: 'INVALID_OUTPUT',
    ...refused,
    goesOn: true,
    billed: true,
  },
  {
    name: 'silence before the first token',
    answer: () => streams([], 'hang'),
    kind: 'silent',
    code: 'TIMEOUT',
    retryable: true,
    breaker: 'failed silent',
    goesOn: true,
    billed: true,
  },
  {
    name: 'an answer that stalls',
    answer: (wire) => streams([wire.begin('Once upon a time')], 'hang'),
    kind: 'stalled',
    code: 'TIMEOUT',
    retryable: true,
    breaker: 'ok, failed later stalled',
    goesOn: true,
    billed: true,
  },
  {
    name: 'a connection that is lost in the midst of an answer',
    answer: (wire) => streams([wire.begin('Once upon a time')], 'reset'),
    kind: 'broke-off',
    breaker: 'ok, failed later broke-off',
    billed: true,
    ...unavailable,
  },
  {
    name: 'a stream that ends in good order, but without a finish',
    answer: (wire) => streams([wire.begin('Once upon a time')]),
    kind: 'broke-off',
    breaker: 'ok, failed later broke-off',
    billed: true,
    ...unavailable,
  },
  {
    name: 'an error in the midst of an answer',
    answer: (wire) =>
      streams([wire.begin('Once upon'), wire.inBand({ status: 500, message: 'upstream broke' })]),
    kind: 'broken',
    breaker: 'ok, failed later broken',
    ...unavailable,
  },
  {
    name: 'a rate limit that is told after all had seemed well',
    answer: (wire) => streams([wire.inBand({ status: 429, message: 'Rate limit exceeded' })]),
    kind: 'rate-limited',
    breaker: 'neutral',
    ...unavailable,
  },
  {
    name: 'an answer that is not one',
    answer: () => (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: <html>welcome</html>\n\n');
    },
    kind: 'bad-reply',
    breaker: 'failed bad-reply',
    billed: true,
    ...unavailable,
  },
];

describe.each(wires)('a call through $name', (wire) => {
  const first = deploymentOf(wire, 'first');
  const second = deploymentOf(wire, 'second');

  it('that is answered tells all who keep accounts', async () => {
    const server = await serve(streams([wire.begin('Hi '), wire.more('there'), wire.end()]));
    const { board, told } = notingBoard();
    const { ledger, told: booked } = notingLedger(1e9);
    const catalogue = catalogueOf(wire, [[first, server.url]]);
    const { ask, calls, routed } = routedWith(catalogue, { breakers: board, ledger });
    const { content, usage } = await ask();
    expect(content).toMatchObject([{ type: 'text', text: 'Hi there' }]);
    expect([usage.inputTokens.total, usage.outputTokens.total]).toEqual([12, 34]);
    expect(told).toEqual(['model:first ok']);
    const cost = 12 * 1_000 + 34 * 2_000;
    expect(calls).toMatchObject([
      { deployment: 'first', costNanos: cost, inputTokens: 12, outputTokens: 34 },
    ]);
    const [{ id } = { id: '' }] = routed;
    expect(booked).toEqual([
      expect.stringMatching(`^reserve ${id}/first \\d+$`),
      `settle ${id}/first ${cost}`,
    ]);
    expect(routed).toMatchObject([
      {
        status: 'ANSWERED',
        deployment: 'first',
        costNanos: cost,
        error: null,
        trace: {
          candidates: [{ deployment: 'first' }],
          hops: [
            {
              deployment: 'first',
              outcome: 'answered',
              firstTokenMs: expect.any(Number),
              priceVersion: 'p1',
            },
          ],
        },
      },
    ]);
  });

  describe.each(rows)('that meets $name', (row) => {
    it('fails as the table says', async () => {
      const server = await serve(row.answer(wire));
      const { board, told } = notingBoard();
      const { ledger, told: booked } = notingLedger();
      const catalogue = catalogueOf(wire, [[first, server.url]]);
      const { ask, calls, routed, outcomes } = routedWith(catalogue, {
        breakers: board,
        ledger,
        timeouts: timeoutsFor(row),
      });
      const failure = await failureFrom(ask());
      expect({ kinds: outcomes(), code: failure['code'], retryable: failure['retryable'] }).toEqual({
        kinds: [row.kind],
        code: row.code,
        retryable: row.retryable,
      });
      expect(told.map((each) => each.replace('model:first ', '')).join(', ')).toBe(row.breaker);
      expect(routed[0]?.status).toBe(row.kind === 'rate-limited' ? 'WAITS' : 'FAILED');
      // What began is settled or let go, and what was billed is on record.
      const ends = booked.map((each) => each.split(' ')[0]);
      const billed = calls.length > 0;
      expect(ends).toEqual(['reserve', billed ? 'settle' : 'release']);
      if (row.billed !== undefined) expect(billed).toBe(row.billed);
    });

    it(row.goesOn ? 'is answered by another deployment' : 'goes nowhere else', async () => {
      const [bad, good] = await Promise.all([
        serve(row.answer(wire)),
        serve(streams([wire.begin('Hi'), wire.end()])),
      ]);
      const catalogue = catalogueOf(wire, [
        [first, bad.url],
        [second, good.url],
      ]);
      const { ask, outcomes } = routedWith(catalogue, { timeouts: timeoutsFor(row) });
      if (row.goesOn) {
        expect((await ask()).content).toMatchObject([{ type: 'text', text: 'Hi' }]);
        expect(outcomes()).toEqual([row.kind, 'answered']);
      } else {
        await failureFrom(ask());
        expect([bad.asked(), good.asked()]).toEqual([1, 0]);
      }
    });
  });

  it('that is cancelled goes nowhere else and says nothing of the deployment', async () => {
    const [bad, good] = await Promise.all([
      serve(streams([wire.begin('Once')], 'hang')),
      serve(streams([wire.begin('Hi'), wire.end()])),
    ]);
    const { board, told } = notingBoard();
    const catalogue = catalogueOf(wire, [
      [first, bad.url],
      [second, good.url],
    ]);
    const caller = new AbortController();
    const { ask, outcomes } = routedWith(catalogue, {
      breakers: board,
      showText: () => ({ text: () => caller.abort(), end: async () => undefined }),
    });
    expect(await failureFrom(ask({ abortSignal: caller.signal }))).toMatchObject({ code: 'CANCELLED' });
    expect([outcomes(), good.asked(), told]).toEqual([['cancelled'], 0, ['model:first ok']]);
  });
});
