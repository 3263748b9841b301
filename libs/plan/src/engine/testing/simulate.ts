import { noUsage } from '#contracts';
import type { JsonValue } from '#contracts';
import { advance, initialState } from '../advance.js';
import { isPartOf } from '../draft.js';
import type { BoundPlan } from '../bound-plan.js';
import type { Emission } from '../emission.js';
import { isContainer, nodeOf, planIndex } from '../plan-index.js';
import { claim, fingerprintOf, fold, segmentMembers, sliceOf } from '../segment.js';
import type { EngineEvent, EngineState } from '../state.js';
import type { Batch } from '../work.js';
import { batches, collections, startable, timers } from '../work.js';

/** Whether, and how often, a task's attempts fail: fixed by its path, so that no order can change it. */
export type Fate = (path: string) => 'succeeds' | 'fails' | 'succeeds on retry';

export interface Simulated {
  readonly state: EngineState;
  readonly emissions: readonly Emission[];
}

/** Runs a plan to its end; `pick` chooses which of the things under way happens next. */
export function simulate(
  plan: BoundPlan,
  fate: Fate,
  pick: (choices: number) => number,
  options: { readonly segments?: boolean; readonly cancelAfter?: number } = {},
): Simulated {
  let at = 1_000;
  let state = initialState(plan, { runId: 'run_test', startedAt: at, inputs: { inline: { a: 1 } } });
  const emissions: Emission[] = [];
  const running = new Set<string>();
  const segments = new Map<string, EngineState>();
  const openBatches: Batch[] = [];
  const take = (next: { state: EngineState; emissions: readonly Emission[] }): void => {
    // A state that has been through JSON is as good as the one it came from.
    state = JSON.parse(JSON.stringify(next.state)) as EngineState;
    emissions.push(...next.emissions);
    for (const { items: some } of next.emissions) if (some) keepItems(some.path, some.first, some.results);
  };
  /** Results of maps' items, as a store would have them. */
  const items = new Map<string, JsonValue[]>();
  const keepItems = (path: string, first: number, results: readonly unknown[]): void => {
    const known = items.get(path) ?? [];
    results.forEach((result, n) => (known[first + n] = result as JsonValue));
    items.set(path, known);
  };
  take(advance(plan, state, [{ type: 'start', at }]));
  for (let step = 0; step < 10_000 && !(state.outcome && segments.size === 0); step++) {
    at += 10;
    if (options.cancelAfter === step) take(advance(plan, state, [{ type: 'cancel', at }]));
    if (options.segments && startable(plan, state).some((path) => isShort(plan, path))) {
      const members = segmentMembers(plan, state);
      segments.set(`s${step}`, sliceOf(plan, state, members));
      state = claim(plan, state, `s${step}`, members);
    }
    let opened = false;
    for (const path of startable(plan, state)) {
      if (isShort(plan, path) && isContainer(nodeOf(planIndex(plan), path).task)) {
        take(advance(plan, state, [{ type: 'started', path, at, attempt: 1 }]));
        opened = true;
        continue;
      }
      running.add(path);
      take(
        advance(plan, state, [
          { type: 'started', path, at, attempt: (state.tasks[path]?.attempts ?? 0) + 1 },
        ]),
      );
    }
    if (opened) continue;
    for (const { path, first, count } of batches(plan, state)) {
      take(advance(plan, state, [{ type: 'items started', path, at, first }]));
      openBatches.push({ path, first, count });
    }
    const choices = [
      ...openBatches.map((batch) => () => {
        openBatches.splice(openBatches.indexOf(batch), 1);
        take(advance(plan, state, [batchOutcome(batch, fate, at, keepItems)]));
      }),
      ...collections(state).map(({ path, succeeded, failed }) => () => {
        const read = (items.get(path) ?? []).map((item) => {
          const { output, ...rest } = item as { output: { inline: JsonValue } | null };
          return { ...rest, output: output && output.inline };
        });
        const value = { inline: { items: read, succeeded, failed } };
        take(advance(plan, state, [{ type: 'evaluated', path, slot: 'items', at, value }]));
      }),
      ...[...running].map((path) => () => {
        running.delete(path);
        take(advance(plan, state, [outcomeOf(state, fate, path, at)]));
      }),
      ...timers(state).map(
        ({ path }) =>
          () =>
            take(advance(plan, state, [{ type: 'due', path, at }])),
      ),
      ...[...segments].map(([id, slice]) => () => {
        segments.delete(id);
        const done = runSlice(plan, slice, fate, pick, at);
        const folded = fold(plan, state, { slice, events: done.events, at });
        if (folded.fingerprint !== fingerprintOf(done.state))
          throw new Error('the fold differs from its segment');
        emissions.push(...done.emissions);
        take(folded);
      }),
    ];
    if (choices.length === 0) break;
    choices[pick(choices.length)]?.();
  }
  return { state, emissions };
}

function isShort(plan: BoundPlan, path: string): boolean {
  return planIndex(plan).node(path)?.task.place === 'segment';
}

function batchOutcome(
  { path, first, count }: Batch,
  fate: Fate,
  at: number,
  keepItems: (path: string, first: number, results: readonly unknown[]) => void,
): EngineEvent {
  const failure = { code: 'TOOL_FAILED', message: 'no', retryable: false };
  const results = Array.from({ length: count }, (_, n) => {
    const fails = fate(`${path}[${first + n}]/item`) === 'fails';
    return fails
      ? { status: 'FAILED', output: null, error: failure }
      : { status: 'SUCCEEDED', output: { inline: first + n }, error: null };
  });
  keepItems(path, first, results);
  const failed = results.filter(({ error }) => error).length;
  return {
    type: 'items ended',
    path,
    at,
    first,
    succeeded: count - failed,
    failed,
    usage: { ...noUsage, toolCalls: count },
    ...(failed > 0 ? { error: failure } : {}),
  };
}

function outcomeOf(state: EngineState, fate: Fate, path: string, at: number): EngineEvent {
  const { attempts = 1, failures = 0 } = state.tasks[path] ?? {};
  const error = { code: 'TOOL_FAILED', message: 'no', retryable: true };
  const wanted = fate(path);
  if (wanted === 'fails') return { type: 'failed', path, at, error, attempts };
  if (wanted === 'succeeds on retry' && failures === 0) {
    return { type: 'retrying', path, at, error, attempts, until: at + 5 };
  }
  return {
    type: 'succeeded',
    path,
    at,
    output: { inline: path },
    attempts,
    usage: { ...noUsage, toolCalls: 1 },
  };
}

function runSlice(
  plan: BoundPlan,
  slice: EngineState,
  fate: Fate,
  pick: (n: number) => number,
  from: number,
) {
  let state = slice;
  let at = from;
  const events: EngineEvent[] = [];
  const emissions: Emission[] = [];
  const running = new Set<string>();
  const take = (event: EngineEvent): void => {
    const next = advance(plan, state, [event]);
    state = next.state;
    emissions.push(...next.emissions);
    events.push(event);
  };
  for (;;) {
    at++;
    for (const path of startable(plan, state)) {
      if (!isPartOf(planIndex(plan), new Set(state.only), path)) continue;
      if (isContainer(nodeOf(planIndex(plan), path).task)) {
        take({ type: 'started', path, at, attempt: 1 });
        continue;
      }
      running.add(path);
      take({ type: 'started', path, at, attempt: (state.tasks[path]?.attempts ?? 0) + 1 });
    }
    const paths = [...running];
    const path = paths[pick(paths.length)];
    if (path === undefined) return { state, events, emissions };
    running.delete(path);
    const event = outcomeOf(state, fate, path, at);
    take(event);
    if (event.type === 'retrying') take({ type: 'due', path, at });
  }
}
