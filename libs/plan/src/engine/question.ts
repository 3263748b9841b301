import type { ApprovalKind, ApprovalRequest } from '#contracts';
import { addUsage } from '#contracts';
import type { Draft } from './draft.js';
import { move, nodeAt, taskAt, use } from './draft.js';
import { emission } from './emission.js';
import type { TaskState } from './state.js';

/** What a person is asked about a task. */
interface Question extends Pick<
  ApprovalRequest,
  'question' | 'context' | 'answerSchema' | 'role' | 'onTimeout' | 'escalateTo'
> {
  readonly kind: ApprovalKind;
  readonly quorum?: number | undefined;
  readonly until?: number | undefined;
}

/** Notes that a person is asked, and tells who is to ask; the task's state goes on from what is given. */
export function ask(
  draft: Draft,
  path: string,
  at: number,
  question: Question,
): Pick<TaskState, 'asks' | 'questions'> {
  const { kind, quorum = 1, until, ...rest } = question;
  const questions = (taskAt(draft, path).questions ?? 0) + 1;
  const asks = `${kind.toLowerCase()}.${questions}`;
  const request = {
    ...rest,
    kind,
    quorum,
    requestedAt: at,
    ...(until === undefined ? {} : { expiresAt: until }),
  };
  draft.emissions.push({
    ...emission('approval.requested', at, { taskPath: path, data: { kind, question: rest.question } }),
    question: { type: 'request', path, asks, request },
  });
  return { asks, questions };
}

const answerToFailure = {
  type: 'object',
  required: ['do'],
  properties: {
    do: { enum: ['retry', 'skip', 'fail'] },
    input: { description: 'retry: instead of what the plan says' },
    output: { description: 'skip: what the tasks that need it read' },
  },
  additionalProperties: false,
};

/** A failure that a person decides on: the task waits, and nothing follows from it yet. */
export function escalate(draft: Draft, path: string, at: number, change: TaskState): void {
  const before = taskAt(draft, path);
  const error = change.error ?? { code: 'INTERNAL', message: `task ${path} failed`, retryable: false };
  const { kind } = nodeAt(draft, path).task;
  use(draft, change.usage);
  const usage =
    before.usage && change.usage ? addUsage(before.usage, change.usage) : (change.usage ?? before.usage);
  const detail = `it failed (${error.code}): ${error.message}`;
  const asked = ask(draft, path, at, {
    kind: 'ESCALATION',
    question: `${path} failed (${error.code}): ${error.message} Try it again, count it as done, or let it fail?`,
    context: { inline: { error: { ...error } as never, attempts: change.attempts ?? before.attempts ?? 0 } },
    answerSchema: answerToFailure,
  });
  const { claimedBy: _, until: __, ...kept } = before;
  move(draft, path, {
    ...kept,
    status: 'WAITING',
    error,
    ...(change.attempts === undefined ? {} : { attempts: change.attempts }),
    ...(change.unknown ? { unknown: true } : {}),
    ...(usage ? { usage } : {}),
    ...asked,
    blocked: { kind: 'APPROVAL', detail },
  });
  const waiting = { kind: 'APPROVAL', detail, since: new Date(at).toISOString() } as const;
  draft.emissions.push(
    emission('task.waiting', at, {
      taskPath: path,
      data: { wait: waiting, error: { ...error } as never },
      task: { path, kind, status: 'WAITING', waiting, error, ...(usage ? { usage } : {}) },
    }),
  );
}
