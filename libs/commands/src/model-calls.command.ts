import type { Failure, JsonValue, NanoUsd } from '#contracts';
import type { RoutedCallRow } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id } from './input-fields.js';
import { parseInput } from './parse-input.js';
import type { TaskView } from './task-view.js';

export const ReadModelCallInput = z.strictObject({ id: Id });

/** A call of a model as every door shows it; terms of scores are in US dollars, as numbers. */
export interface ModelCallView {
  readonly __typename: 'ModelCall';
  readonly id: string;
  readonly runId: string;
  readonly taskPath: string | null;
  readonly model: string;
  readonly status: string;
  readonly deployment: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cost: NanoUsd;
  readonly at: number;
  readonly durationMs: number;
  readonly error: Failure | null;
  readonly retryAt: number | null;
  readonly request: JsonValue;
  readonly candidates: readonly JsonValue[];
  readonly dropped: readonly JsonValue[];
  readonly hops: readonly JsonValue[];
}

/** A task that waits long, or an agent, asks often; the newest say most. */
const mostCalls = 200;

/** The calls of a task, the last ones where there are many, in the order in which they were made. */
export async function readModelCalls(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  { runId, path, kind }: Pick<TaskView, 'runId' | 'path' | 'kind'>,
): Promise<ModelCallView[]> {
  if (kind !== 'MODEL' && kind !== 'AGENT') return [];
  return (await store.routedCalls.ofTask(tenant, runId, path, mostCalls)).map(view);
}

/** One call; null where there is none of that ID. */
export async function readModelCall(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  input: unknown,
): Promise<ModelCallView | null> {
  const { id } = parseInput(ReadModelCallInput, input);
  // Each hop that was billed has a name of its own, derived from that of its call.
  const found = await store.routedCalls.get(tenant, id.replace(/\.\d+$/, ''));
  return found === null ? null : view(found);
}

interface Trace {
  readonly request: JsonValue;
  readonly candidates: readonly { readonly worst: NanoUsd }[];
  readonly dropped: readonly object[];
  readonly hops: readonly {
    readonly ms: number;
    readonly costNanos: NanoUsd;
    readonly reservedNanos: NanoUsd;
  }[];
}

function view(row: RoutedCallRow): ModelCallView {
  const { costNanos: cost, ms: durationMs, trace, tenant: _tenant, ...call } = row;
  const { request, candidates, dropped, hops } = trace as unknown as Trace;
  return {
    __typename: 'ModelCall',
    ...call,
    cost,
    durationMs: Math.round(durationMs),
    request,
    candidates: candidates as unknown as JsonValue[],
    dropped: dropped as unknown as JsonValue[],
    hops: hops.map(({ ms, costNanos, reservedNanos, ...hop }) => {
      return { ...hop, durationMs: Math.round(ms), cost: costNanos, reserved: reservedNanos };
    }),
  };
}
