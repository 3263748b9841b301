import { inline } from '#contracts';
import { branchOutput } from './branch.js';
import type { Draft } from './draft.js';
import { isOurs, nodeAt, taskAt } from './draft.js';
import { emission } from './emission.js';
import { completeTurn } from './loop.js';
import { completeItem, completeMap } from './map.js';
import { containerOf } from './paths.js';
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

/** The run's end, once. */
export function finishRun(draft: Draft, outcome: NonNullable<Draft['outcome']>): void {
  draft.outcome = outcome;
  draft.emissions.push(
    emission('run.ended', outcome.at, {
      data: { status: outcome.status, ...(outcome.error ? { error: { ...outcome.error } as never } : {}) },
      run: {
        status: outcome.status,
        finishedAt: outcome.at,
        waiting: null,
        usage: draft.usage,
        ...(outcome.output ? { output: outcome.output } : {}),
        ...(outcome.error ? { error: outcome.error } : {}),
      },
    }),
  );
}
