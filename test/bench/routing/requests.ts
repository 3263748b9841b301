import { drawAt } from './pcg.js';
import { tokensPerBlock, type Trace, type TraceRequest } from './traces.js';

/** A request as the strategies see it, with what only the simulator knows: how much it will write. */
export interface SimulatedRequest {
  readonly number: number;
  readonly at: number;
  readonly input: number;
  readonly output: number;
  readonly blocks: readonly number[];
  /** Tokens of its beginning that were asked before by somebody. */
  readonly prefix: number;
  readonly affinity: string | null;
  /** Dollars a second. */
  readonly timeValue: number;
  readonly deadlineMs: number;
  /** How many turns follow one on average, over the whole trace: for the oracles. */
  readonly turnsAhead: number;
  /** From the requests before it, never from itself. */
  readonly expected: { readonly p50: number; readonly p95: number };
}

/** One in five can wait, three are ordinary, and behind one a person sits. Made up: the traces do not say. */
const kinds = [
  { share: 0.2, timeValue: 0, deadlineMs: 600_000 },
  { share: 0.6, timeValue: 2e-4, deadlineMs: 120_000 },
  { share: 0.2, timeValue: 2e-3, deadlineMs: 45_000 },
] as const;

/** The length of what is cut from a long trace, at a place that depends on the seed. */
const windowMs = 20 * 60_000;

export function requestsOf(
  trace: Trace,
  seed: number,
  rate: (share: number) => number,
): readonly SimulatedRequest[] {
  const cut = windowOf(trace, seed);
  const seen = new Set<number>();
  let [weight, total, squares] = [1, Math.log(150), Math.log(150) ** 2 + 1];
  let number = 0;
  const conversations = new Set(cut.map(({ blocks }) => blocks[0])).size;
  const follows = cut.some(({ blocks }) => blocks.length > 0) ? 1 - conversations / cut.length : 0;
  return warp(cut, rate).map((request) => {
    let known = 0;
    while (known < request.blocks.length && seen.has(request.blocks[known] ?? -1)) known += 1;
    for (const block of request.blocks) seen.add(block);
    const mean = total / weight;
    const deviation = Math.sqrt(Math.max(0, squares / weight - mean * mean));
    const log = Math.log(request.output);
    [weight, total, squares] = [weight * 0.998 + 1, total * 0.998 + log, squares * 0.998 + log * log];
    // A conversation is of one kind throughout.
    const draw = drawAt(seed, request.blocks[0] ?? number, 0, 0, 99);
    const kind =
      draw < kinds[0].share ? kinds[0] : draw < kinds[0].share + kinds[1].share ? kinds[1] : kinds[2];
    return {
      ...request,
      number: number++,
      prefix: Math.min(request.input, known * tokensPerBlock),
      // The first block stands for a conversation: its system prompt and first message.
      affinity: request.blocks[0] === undefined ? null : String(request.blocks[0]),
      turnsAhead: follows / (1 - follows),
      timeValue: kind.timeValue,
      deadlineMs: kind.deadlineMs,
      expected: { p50: Math.exp(mean), p95: Math.exp(mean + 1.645 * deviation) },
    };
  });
}

function windowOf({ requests }: Trace, seed: number): readonly TraceRequest[] {
  const last = requests.at(-1)?.at ?? 0;
  const begin = Math.max(0, last - windowMs) * drawAt(seed, 0, 0, 0, 98);
  return requests
    .filter(({ at }) => at >= begin && at <= begin + windowMs)
    .map((request) => ({ ...request, at: request.at - begin }));
}

/** Bends time so that the rate of arrivals is so many times the trace's at each share of it. */
function warp(requests: readonly TraceRequest[], rate: (share: number) => number): readonly TraceRequest[] {
  const length = requests.at(-1)?.at ?? 0;
  let [before, now] = [0, 0];
  return requests.map((request) => {
    now += (request.at - before) / rate(request.at / Math.max(1, length));
    before = request.at;
    return { ...request, at: now };
  });
}
