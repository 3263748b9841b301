import type { JsonObject, JsonValue } from '#contracts';
import { validateInputs } from '#plan';
import type { ApprovalRow, RunRow } from '#store';
import type { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { fieldPath } from './field-path.js';
import { Budget } from './input-fields.js';
import { modelRefusals } from './model-refusals.js';
import { prepareInputs } from './prepare-inputs.js';
import type { PlanPreparer } from './prepare-plan.js';
import { type UserError, userError } from './user-error.js';

/** An answer as it counts, with every fault that it has. */
export interface CheckedAnswer {
  readonly answer: JsonValue | undefined;
  readonly faults: readonly UserError[];
  /** The limits that an answer about a budget asks for. */
  readonly budget?: z.output<typeof Budget> | undefined;
}

/** Beyond this an answer is a file's worth, and histories carry answers. A plan has a limit of its own. */
const largestAnswerBytes = 64 * 1024;

/** Checks what a person answers against what was asked, all faults at once. */
export async function checkAnswer(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  context: CommandContext,
  asked: { readonly approval: ApprovalRow; readonly run: RunRow },
  given: { readonly approve: boolean; readonly answer: JsonValue | null },
): Promise<CheckedAnswer> {
  const { approval, run } = asked;
  const { approve, answer } = given;
  if (!approve) {
    if (answer === null) return { answer: undefined, faults: [] };
    const hint = 'say in the comment why you reject it';
    return refused(userError('BAD_USER_INPUT', 'an answer goes with an approval', ['answer'], hint));
  }
  if (approval.kind === 'PLAN') {
    return answer === null
      ? { answer: undefined, faults: [] }
      : checkPlan(deps, preparePlan, context, run, answer);
  }
  const bytes = answer === null ? 0 : Buffer.byteLength(JSON.stringify(answer));
  if (bytes > largestAnswerBytes) {
    const hint = 'put what is larger in a file, and answer with its path';
    const message = `the answer has ${bytes} bytes; at most ${largestAnswerBytes} are taken`;
    return refused(userError('BAD_USER_INPUT', message, ['answer'], hint));
  }
  const faults = schemaFaults(approval, answer);
  if (faults.length > 0) return refused(...faults);
  if (approval.kind === 'BUDGET') return await checkBudget(deps, run, answer);
  return { answer: answer ?? undefined, faults: [] };
}

/** Whether nothing is an answer too: to a failure it means one more try, and of quorums one answer is enough. */
function mayBeLeftOut({ kind, answer }: ApprovalRow): boolean {
  return kind === 'ESCALATION' || kind === 'UNCERTAIN' || (kind === 'TASK' && answer !== null);
}

function schemaFaults(approval: ApprovalRow, answer: JsonValue | null): UserError[] {
  const { answerSchema } = approval;
  if (answerSchema === null || (answer === null && mayBeLeftOut(approval))) return [];
  const faults = validateInputs(answerSchema, answer);
  if (faults.length > 0 && answer === null) {
    const wanted = JSON.stringify(answerSchema);
    const shown = wanted.length > 500 ? `${wanted.slice(0, 500)}…` : wanted;
    return [userError('BAD_USER_INPUT', `an answer is wanted, by the schema ${shown}`, ['answer'])];
  }
  return faults.map(({ code, path, message, hint }) => {
    const field = ['answer', ...fieldPath(path)];
    return userError(code, `${field.join('.')}: ${message}`, field, hint);
  });
}

/** A plan in the place of another has to be one that could have been started. What is kept is the plan as it will run. */
async function checkPlan(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  { tenant }: CommandContext,
  run: RunRow,
  answer: JsonValue,
): Promise<CheckedAnswer> {
  const plan = await preparePlan(tenant, answer);
  const inputs = run.inputs === null ? {} : await deps.store.values.load(tenant, run.inputs);
  const found = plan.ok
    ? [...modelRefusals(deps, plan.bound), ...prepareInputs(plan.document.inputs, inputs).userErrors]
    : plan.userErrors;
  const faults = found.map((fault) => ({ ...fault, field: ['answer', ...(fault.field ?? []).slice(1)] }));
  return plan.ok && faults.length === 0
    ? { answer: plan.document as unknown as JsonObject, faults: [] }
    : { answer: undefined, faults };
}

/** New limits have to leave room: the run would else wait for the next person at once. */
async function checkBudget(
  { store, now }: CommandDeps,
  run: RunRow,
  answer: JsonValue | null,
): Promise<CheckedAnswer> {
  const parsed = Budget.safeParse(answer);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => {
      const field = ['answer', ...path.map(String)];
      return userError('BAD_USER_INPUT', `${field.join('.')}: ${message}`, field);
    });
    return refused(...faults);
  }
  const budget = parsed.data;
  const { usage } = run;
  const account = await store.ledger.ofRun(run.tenant, run.id);
  const { spentNanos = 0, spentTokens = 0, spentCalls = 0 } = account ?? {};
  const spent = Math.max(spentNanos, usage.costNanos) / 1e9;
  const tokens = Math.max(spentTokens, usage.inputTokens + usage.outputTokens);
  const calls = Math.max(spentCalls, usage.modelCalls);
  const used: readonly (readonly [keyof typeof budget, number, string])[] = [
    ['limit', spent, `$${spent} is spent`],
    ['maxTokens', tokens, 'so many tokens are used'],
    ['maxModelCalls', calls, 'so many calls are made'],
    ['deadline', now(), 'it is past'],
  ];
  const faults = used.flatMap(([name, amount, why]) => {
    const limit = budget[name];
    if (limit == null || Number(limit) > amount) return [];
    const field = ['answer', name];
    return [userError('BAD_USER_INPUT', `answer.${name}: leaves no room: ${why} (${amount})`, field)];
  });
  const { limitNanos = Infinity } = run.budget ?? {};
  if (budget.cheaper && budget.limit === undefined && spent * 1e9 >= limitNanos) {
    const message = `answer.cheaper: leaves no room: $${spent} is spent; give a limit as well`;
    faults.push(userError('BAD_USER_INPUT', message, ['answer', 'cheaper']));
  }
  return faults.length > 0 ? refused(...faults) : { answer: answer ?? undefined, faults: [], budget };
}

function refused(...faults: UserError[]): CheckedAnswer {
  return { answer: undefined, faults };
}
