import type { Usage } from '#contracts';
import { inline } from '#contracts';
import { branchOutput } from './branch.js';
import type { Draft } from './draft.js';
import { isOurs, nodeAt, taskAt } from './draft.js';
import type { Emission } from './emission.js';
import { emission } from './emission.js';
import { completeTurn } from './loop.js';
import { completeItem, completeMap } from './map.js';
import { containerOf } from './paths.js';
import type { Outcome } from './state.js';
import { completeBody, planOutput } from './sub-plan.js';
import { taskEnded } from './transitions.js';

/** When nothing is left in a body: its end, and what that means for its container or the run. */
export function completeScope(draft: Draft, scope: string, at: number): void {
  const body = draft.scopes[scope];
  const container = containerOf(scope);
  if (scope !== '' && !body) return completeMapAt(draft, scope, at);
  if (!body || body.left > 0) return;
  if (scope === '') return completeRun(draft, at);
  if (!isOurs(draft, container) || taskEnded(taskAt(draft, container).status)) return;
  const { spec } = nodeAt(draft, container).task;
  if (spec.kind === 'map') return completeItem(draft, container, scope, at);
  if (draft.asks[container]) return;
  if (spec.kind === 'loop') return completeTurn(draft, container, scope, at);
  const output = spec.kind === 'branch' ? branchOutput : planOutput;
  completeBody(draft, container, at, () => output(draft, container));
}

/** A map has as many bodies as items, and ends by itself. */
function completeMapAt(draft: Draft, path: string, at: number): void {
  if (draft.tasks[path]?.map && isOurs(draft, path)) completeMap(draft, path, at);
}

function completeRun(draft: Draft, at: number): void {
  if (draft.outcome || draft.asks[''] === 'output') return;
  const failure = draft.scopes['']?.failure;
  if (draft.cancelling) finishRun(draft, { status: 'CANCELLED', at });
  else if (failure) finishRun(draft, { status: 'FAILED', at, error: failure });
  else {
    const output = planOutput(draft, '');
    if (output === 'asked') return;
    finishRun(
      draft,
      'error' in output
        ? { status: 'FAILED', at, error: output.error }
        : { status: 'SUCCEEDED', at, output: inline(output.value) },
    );
  }
}

/** The run's end, once; or, where what it has done is to be taken back, the beginning of that. */
export function finishRun(draft: Draft, outcome: NonNullable<Draft['outcome']>): void {
  if (draft.rollback || (outcome.status === 'FAILED' && draft.plan.effects === 'compensate')) {
    return rollBack(draft, outcome);
  }
  draft.outcome = outcome;
  draft.emissions.push(runEnd(outcome, draft.usage));
}

/** What readers are told of a run's end. */
export function runEnd({ status, at, output, error }: Outcome, usage: Usage): Emission {
  return emission('run.ended', at, {
    data: { status, ...(error ? { error: { ...error } as never } : {}) },
    run: {
      status,
      finishedAt: at,
      waiting: null,
      usage,
      ...(output ? { output } : {}),
      ...(error ? { error } : {}),
    },
  });
}

/** Of a rollback that was asked for, whoever asked has told the readers. */
function rollBack(draft: Draft, outcome: NonNullable<Draft['outcome']>): void {
  const { at, error } = outcome;
  draft.outcome = { ...outcome, rollsBack: true };
  const run = {
    status: 'ROLLING_BACK',
    waiting: null,
    usage: draft.usage,
    ...(error ? { error } : {}),
  } as const;
  const data = error ? { error: { ...error } as never } : {};
  draft.emissions.push(draft.rollback ? { run } : emission('run.rolling_back', at, { data, run }));
}
