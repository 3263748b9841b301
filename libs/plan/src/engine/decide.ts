import type { EscalationAnswer, JsonValue } from '#contracts';
import { inline, isRef } from '#contracts';
import type { Draft } from './draft.js';
import { isOurs, nodeAt, taskAt } from './draft.js';
import { end, endForGood, stopScope } from './end.js';
import { lift } from './hold.js';
import { becomeReady } from './settle.js';
import type { EngineEvent } from './state.js';
import { nextGeneration } from './task-state.js';
import { taskEnded } from './transitions.js';

type Decided = EngineEvent & { readonly type: 'decided' };

/** Does what a person has decided, if it is still asked. */
export function decide(draft: Draft, event: Decided): void {
  const { path, at, kind, approve } = event;
  if (kind === 'BUDGET') return decideBudget(draft, event);
  const task = taskAt(draft, path);
  if (!isOurs(draft, path) || taskEnded(task.status) || !isAsked(draft, path)) return;
  if (kind === 'ESCALATION') return decideFailure(draft, event);
  if (kind === 'UNCERTAIN') return decideEffect(draft, event);
  if (kind !== 'TASK') return;
  // A gate is looked at again by whoever stands before it.
  if (nodeAt(draft, path).task.spec.kind !== 'approval') return becomeReady(draft, path, at);
  if (approve) {
    const { comment = null, by } = event;
    const output = { approved: true, answer: answerOf(event), comment, decidedBy: by.join(', ') };
    return end(draft, path, at, { status: 'SUCCEEDED', output: inline(output), attempts: 1 });
  }
  end(draft, path, at, { status: 'FAILED', error: rejection(event), attempts: 1 });
}

function isAsked(draft: Draft, path: string): boolean {
  const { asks, blocked } = taskAt(draft, path);
  return asks !== undefined || blocked?.kind === 'APPROVAL';
}

function decideFailure(draft: Draft, event: Decided): void {
  const { path, at, approve } = event;
  const task = taskAt(draft, path);
  const answer = escalationAnswer(answerOf(event), approve);
  if (answer.do === 'fail') {
    const { error, attempts } = task;
    return endForGood(draft, path, at, { status: 'FAILED', error, attempts });
  }
  if (answer.do === 'skip') {
    const output = inline(answer.output ?? null);
    return end(draft, path, at, { status: 'SKIPPED', output }, event.by.join(', '));
  }
  const { failures: _, error: __, unknown, generation: ___, ...rest } = task;
  draft.tasks[path] = {
    ...rest,
    ...nextGeneration(task),
    ...(unknown ? { unknown } : {}),
    ...(answer.input === undefined ? {} : { input: inline(answer.input) }),
  };
  draft.emissions.push({ task: { path, kind: nodeAt(draft, path).task.kind, error: null } });
  becomeReady(draft, path, at);
}

function escalationAnswer(answer: JsonValue, approve: boolean): EscalationAnswer {
  if (!approve) return { do: 'fail' };
  const given = answer as EscalationAnswer | null;
  return typeof given === 'object' && given !== null && 'do' in given ? given : { do: 'retry' };
}

/** It did happen, and the task has its output; or it did not, and it may be made. */
function decideEffect(draft: Draft, event: Decided): void {
  const { path, at, approve, answer } = event;
  if (approve) {
    const output = answer ?? inline(null);
    draft.emissions.push({ task: { path, kind: nodeAt(draft, path).task.kind, error: null } });
    return end(draft, path, at, { status: 'SUCCEEDED', output, attempts: taskAt(draft, path).attempts });
  }
  const { error: _, unknown: __, ...rest } = taskAt(draft, path);
  draft.tasks[path] = rest;
  draft.emissions.push({ task: { path, kind: nodeAt(draft, path).task.kind, error: null } });
  becomeReady(draft, path, at);
}

/** Asks for more of what is used up, once until it is answered or there is room again. */
export function askForBudget(draft: Draft, at: number, detail: string): void {
  if (draft.budget.isAsked || draft.outcome || draft.cancelling) return;
  const questions = draft.budget.questions + 1;
  draft.budget = { questions, isAsked: true };
  draft.emissions.push({
    event: {
      type: 'approval.requested',
      at,
      data: { kind: 'BUDGET', question: `${detail}: give it more?` },
    },
    question: {
      type: 'request',
      path: '',
      asks: `budget.${questions}`,
      request: {
        kind: 'BUDGET',
        question: `${detail}: give it more?`,
        answerSchema: budgetAnswer,
        quorum: 1,
        requestedAt: at,
      },
    },
  });
}

const budgetAnswer = {
  type: 'object',
  description: 'The limits of the run from now on, as in setBudget, or cheaper models, or both',
  properties: {
    limit: { type: 'string', description: 'US dollars' },
    maxTokens: { type: 'integer', minimum: 0 },
    maxModelCalls: { type: 'integer', minimum: 0 },
    deadline: { type: 'string', description: 'RFC 3339' },
    cheaper: {
      type: 'boolean',
      description: 'Cheaper models from now on, where a task does not name one',
    },
  },
  additionalProperties: false,
  minProperties: 1,
};

/** There may be room again: what was asked need not be answered. */
export function budgetSet(draft: Draft, at: number): void {
  const { questions, isAsked } = draft.budget;
  if (!isAsked) return;
  draft.budget = { questions, isAsked: false };
  draft.emissions.push({ question: { type: 'withdraw', path: '', asks: `budget.${questions}`, at } });
}

/** More of it comes with its own event; without it the run ends. */
function decideBudget(draft: Draft, event: Decided): void {
  const { at, approve } = event;
  if (!draft.budget.isAsked) return;
  draft.budget = { ...draft.budget, isAsked: false };
  const body = draft.scopes[''];
  if (approve || !body || draft.outcome) return;
  lift(draft, at, ['BUDGET']);
  const error = { ...rejection(event), code: 'BUDGET_EXCEEDED' };
  draft.scopes[''] = { ...body, failure: body.failure ?? error };
  stopScope(draft, '', at);
  draft.closing.push('');
}

function rejection({ by, comment }: Decided) {
  const who = by.length === 0 ? 'a person' : by.join(', ');
  const why = comment === undefined || comment === '' ? '' : `: ${comment}`;
  return { code: 'APPROVAL_REJECTED', message: `rejected by ${who}${why}`, retryable: false };
}

function answerOf({ answer }: Decided): JsonValue {
  if (answer === undefined) return null;
  return isRef(answer) ? { ...answer } : answer.inline;
}
