import type { StoredValue } from '#contracts';
import { inline, isRef } from '#contracts';
import { applyInputDefaults, validateInputs } from '../inputs.js';
import type { Draft } from './draft.js';
import { isStopped, move, nodeAt, taskAt } from './draft.js';
import { emission } from './emission.js';
import { end } from './end.js';
import { evaluateOrAsk } from './evaluate-or-ask.js';
import type { Evaluation } from './evaluate-or-ask.js';

/** Opens a sub-plan within the run: its `with` becomes its inputs. */
export function openSubPlan(draft: Draft, path: string, at: number): void {
  const { task, scope } = nodeAt(draft, path);
  if (task.spec.kind !== 'plan') return;
  const evaluation = evaluateOrAsk(draft, path, scope, 'with', task.spec.with);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else enterSubPlan(draft, path, at, inline(evaluation.value));
}

/** Begins a sub-plan whose inputs are known. */
export function enterSubPlan(draft: Draft, path: string, at: number, given: StoredValue): void {
  const { task } = nodeAt(draft, path);
  if (task.spec.kind !== 'plan') return;
  const { plan } = task.spec;
  const inputs = isRef(given) ? given : inline(applyInputDefaults(plan.inputs, given.inline ?? {}));
  const faults = isRef(inputs) ? [] : validateInputs(plan.inputs, inputs.inline);
  if (faults.length > 0) {
    const message = `inputs of sub-plan ${plan.name}: ${faults.map((f) => `${f.path}: ${f.message}`).join('; ')}`;
    end(draft, path, at, { status: 'FAILED', error: { code: 'INVALID_INPUT', message, retryable: false } });
    return;
  }
  const before = taskAt(draft, path);
  move(draft, path, { ...before, status: 'RUNNING', startedAt: at, attempts: 1 });
  draft.scopes[path] = { inputs, left: plan.tasks.length };
  draft.emissions.push(
    emission('task.started', at, {
      taskPath: path,
      data: { attempt: 1 },
      task: { path, kind: 'plan', title: task.title, status: 'RUNNING', startedAt: at, input: inputs },
    }),
  );
  draft.queue.push(...(draft.index.scope(path)?.tasks ?? []));
}

/** The end of a body that comes once, when all in it have ended: a sub-plan's, or a branch's taken case. */
export function completeBody(draft: Draft, path: string, at: number, output: () => Evaluation): void {
  const failure = draft.scopes[path]?.failure;
  if (failure) return end(draft, path, at, { status: 'FAILED', error: failure, attempts: 1 });
  if (wasCut(draft, path)) return end(draft, path, at, { status: 'CANCELLED' });
  const result = output();
  if (result === 'asked') return;
  end(
    draft,
    path,
    at,
    'error' in result
      ? { status: 'FAILED', error: result.error }
      : { status: 'SUCCEEDED', output: inline(result.value), attempts: 1 },
  );
}

/** Whether something in a body was cancelled because all around it stops. */
export function wasCut(draft: Draft, scope: string): boolean {
  const tasks = draft.index.scope(scope)?.tasks ?? [];
  return isStopped(draft, scope) && tasks.some((inner) => taskAt(draft, inner).status === 'CANCELLED');
}

/** What a plan puts out. */
export function planOutput(draft: Draft, path: string): Evaluation {
  const source = draft.index.scope(path)?.plan?.output;
  return source === undefined ? { value: null } : evaluateOrAsk(draft, path, path, 'output', source);
}
