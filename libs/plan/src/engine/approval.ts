import type { JsonValue, StoredValue } from '#contracts';
import { inline, isRef } from '#contracts';
import type { ApprovalSpec } from './bound-plan.js';
import type { Draft } from './draft.js';
import { move, nodeAt, taskAt } from './draft.js';
import { emission } from './emission.js';
import { end } from './end.js';
import { evaluateOrAsk } from './evaluate-or-ask.js';
import { ask } from './question.js';
import { carried } from './task-state.js';

/** Asks what the plan says, once its question and context are known. */
export function startApproval(draft: Draft, path: string, at: number): void {
  const { scope } = nodeAt(draft, path);
  const evaluation = evaluateOrAsk(draft, path, scope, 'question', questionSource(specOf(draft, path)));
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else askPerson(draft, path, at, inline(evaluation.value));
}

/** What is evaluated before a person is asked: the question, and what they should know. */
export function questionSource({ question, context = null }: ApprovalSpec): JsonValue {
  return [question, context];
}

/** Asks; the task waits for the answer, as long as it takes or as the plan allows. */
export function askPerson(draft: Draft, path: string, at: number, value: StoredValue): void {
  const { task } = nodeAt(draft, path);
  const spec = specOf(draft, path);
  const { question, context } = asked(spec, value);
  const { timeoutMs = Infinity, deadlineMs = Infinity } = task;
  const limit = at + Math.min(timeoutMs, deadlineMs);
  const until = limit === Infinity ? undefined : limit;
  const { readyAt } = taskAt(draft, path);
  const open = ask(draft, path, at, {
    kind: 'TASK',
    question,
    context,
    answerSchema: spec.answer,
    quorum: spec.quorum,
    role: spec.role,
    onTimeout: until === undefined ? undefined : spec.onTimeout,
    escalateTo: spec.escalateTo,
    until,
  });
  move(draft, path, {
    ...carried(taskAt(draft, path)),
    status: 'WAITING',
    readyAt,
    startedAt: at,
    attempts: 1,
    ...(until === undefined ? {} : { until }),
    ...open,
    blocked: { kind: 'APPROVAL', detail: question },
  });
  const waiting = {
    kind: 'APPROVAL',
    detail: question,
    since: new Date(at).toISOString(),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  } as const;
  draft.emissions.push(
    emission('task.waiting', at, {
      taskPath: path,
      data: { wait: waiting },
      task: { path, kind: 'approval', title: task.title, status: 'WAITING', startedAt: at, waiting },
    }),
  );
}

/** Nobody has answered in time. */
export function expireApproval(draft: Draft, path: string, at: number): void {
  const { asks, until: _, ...task } = taskAt(draft, path);
  const spec = nodeAt(draft, path).task.spec;
  if (asks === undefined || spec.kind !== 'approval') return;
  if (spec.onTimeout === 'approve') {
    const output = { approved: true, answer: null, comment: null, decidedBy: null };
    return end(draft, path, at, { status: 'SUCCEEDED', output: inline(output), attempts: 1 });
  }
  if (spec.onTimeout === 'escalate' && spec.escalateTo !== undefined) {
    draft.tasks[path] = { ...task, asks };
    draft.emissions.push({ question: { type: 'escalate', path, asks, role: spec.escalateTo } });
    return;
  }
  const error = { code: 'APPROVAL_EXPIRED', message: 'nobody answered in time', retryable: false };
  end(draft, path, at, { status: 'FAILED', error, attempts: 1 });
}

/** A question that is itself too long to read stands as the plan has it. */
function asked(
  spec: ApprovalSpec,
  value: StoredValue,
): { question: string; context?: StoredValue | undefined } {
  if (isRef(value)) return { question: spec.question, context: value };
  const [question, context] = value.inline as [JsonValue, JsonValue];
  return {
    question: typeof question === 'string' ? question : JSON.stringify(question),
    ...(context === null ? {} : { context: inline(context) }),
  };
}

function specOf(draft: Draft, path: string): ApprovalSpec {
  const { spec } = nodeAt(draft, path).task;
  if (spec.kind !== 'approval') throw new Error(`task ${path} asks nobody`);
  return spec;
}
