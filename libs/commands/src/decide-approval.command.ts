import { type JsonObject, type JsonValue, nexusError, runEnded, type StoredValue } from '#contracts';
import { failpoint } from '#failpoints';
import type { ApprovalRow, RunRow } from '#store';
import { z } from 'zod';
import { checkAnswer, type CheckedAnswer } from './approval-answer.js';
import { type ApprovalPayload, approvalView } from './approval-view.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { markFailed, retryFailed } from './compensation.command.js';
import { tellStored } from './deliver-signals.js';
import { Id, Json } from './input-fields.js';
import { knownRun } from './known-run.js';
import { parseInput } from './parse-input.js';
import type { PlanPreparer } from './prepare-plan.js';
import { refuseWhenKilled } from './refuse-when-killed.js';
import { budgetFacts, runBudget } from './run-budget.js';
import { nearestContainer } from './task-holder.js';
import { type UserError, userError } from './user-error.js';

export const DecideApprovalInput = z.strictObject({
  id: Id,
  approve: z.boolean(),
  answer: Json.nullish(),
  comment: z.string().max(2_000).nullish(),
});

/** What one person says, once nothing speaks against it. */
interface Decision {
  readonly approval: ApprovalRow;
  readonly run: RunRow;
  readonly approve: boolean;
  readonly checked: CheckedAnswer;
  readonly comment: string | undefined;
}

/** Called when nothing speaks against a decision any more; without leave it is not made. */
type Claim = () => Promise<boolean>;

/**
 * Decides about what a run asks. The decision is stored together with its signal, then told: it outlives this
 * process. What was decided already stays so, and whoever comes second is told by whom.
 */
export async function decideApproval(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  context: CommandContext,
  input: unknown,
  claim: Claim = () => Promise.resolve(true),
): Promise<ApprovalPayload> {
  const { id, approve, answer, comment } = parseInput(DecideApprovalInput, input);
  const approval = await deps.store.approvals.get(context.tenant, id);
  if (!approval) {
    const hint = 'list what waits for a decision: the query `approvals`, nexus approvals';
    throw nexusError('NOT_FOUND', `approval ${id} is not known`, { hint });
  }
  const run = await knownRun(deps, context, approval.runId);
  if (approval.status !== 'PENDING') return refused(approval, over(approval, run));
  const given = { approve, answer: answer ?? null };
  const checked = await checkAnswer(deps, preparePlan, context, { approval, run }, given);
  if (checked.faults.length > 0) return refused(approval, ...checked.faults);
  const decision = { approval, run, approve, checked, comment: comment?.trim() || undefined };
  if (approval.kind === 'COMPENSATION' && approve) return decideCompensation(deps, context, decision, claim);
  if (!(await claim())) return refused(approval, taken());
  return await decide(deps, context, decision);
}

async function decide(
  deps: CommandDeps,
  context: CommandContext,
  { approval, run, approve, checked, comment }: Decision,
): Promise<ApprovalPayload> {
  const { store, now } = deps;
  const { tenant, actor: by } = context;
  const { id, kind, runId } = approval;
  const { answer } = checked;
  const result = await store.approvals.decide(
    tenant,
    id,
    { by, approve, at: now(), comment, answer, ...(approve && budgetOf(run, by, checked)) },
    // Nobody waits for what is said about a run that has ended.
    kind === 'COMPENSATION' ? undefined : await listenerOf(deps, run, approval, answer),
  );
  failpoint('decision.stored');
  if (result === null) throw nexusError('NOT_FOUND', `approval ${id} is not known`);
  await tellStored(deps, tenant, runId);
  failpoint('decision.signalled');
  if (result.outcome === 'over') return refused(result.approval, over(result.approval, run));
  if (result.outcome === 'repeated') {
    const message = `${by} has decided already: ${approval.quorum} people have to`;
    return refused(result.approval, userError('FAILED_PRECONDITION', message, ['id']));
  }
  return { approval: approvalView(result.approval), userErrors: [] };
}

/** What the run may use once it is approved, and what is told of that. */
function budgetOf(run: RunRow, by: string, { budget: given }: CheckedAnswer) {
  if (!given) return {};
  const budget = runBudget(given, run.budget ?? {});
  return { budget, told: { by, ...budgetFacts(budget) } as JsonObject };
}

/** Who holds the task hears of it; the answer goes along by reference where the workflow can bear that. */
async function listenerOf(
  { store }: CommandDeps,
  { tenant, id, workflowId }: RunRow,
  { kind, taskPath }: ApprovalRow,
  answer: JsonValue | undefined,
): Promise<{ workflowId: string; answer?: StoredValue }> {
  const holder =
    taskPath === null ? undefined : nearestContainer(await store.tasks.workflows(tenant, id), taskPath);
  const listener = { workflowId: holder?.workflowId ?? workflowId };
  if (answer === undefined || (kind !== 'PLAN' && kind !== 'UNCERTAIN')) return listener;
  return { ...listener, answer: await store.values.put(tenant, id, taskPath ?? undefined, answer) };
}

/** The answer says what is done about the compensation, and that is what decides. */
async function decideCompensation(
  deps: CommandDeps,
  context: CommandContext,
  { approval, run, checked, comment }: Decision,
  claim: Claim,
): Promise<ApprovalPayload> {
  const path = approval.taskPath ?? '';
  const isMark = (checked.answer as JsonObject | undefined)?.['do'] === 'mark';
  if (isMark && comment === undefined) {
    const message = 'say in the comment how it was undone';
    return refused(approval, userError('BAD_USER_INPUT', message, ['comment']));
  }
  // Before a link is used up by it.
  if (!isMark) await refuseWhenKilled(deps, context.tenant, run.labels);
  if (!(await claim())) return refused(approval, taken());
  const userErrors = isMark
    ? await markFailed(deps, context, run, path, comment ?? '')
    : await retryFailed(deps, context, run, path);
  const after = (await deps.store.approvals.get(context.tenant, approval.id)) ?? approval;
  return { approval: approvalView(after), userErrors };
}

function refused(approval: ApprovalRow, ...userErrors: UserError[]): ApprovalPayload {
  return { approval: approvalView(approval), userErrors };
}

function taken(): UserError {
  return userError('FAILED_PRECONDITION', 'the link was used meanwhile', ['token']);
}

/** Why nobody can decide about it any more: who has, and when. */
function over(approval: ApprovalRow, run: RunRow): UserError {
  const { status, decidedAt, decisions } = approval;
  const at = decidedAt === null ? '' : ` at ${new Date(decidedAt).toISOString()}`;
  if (status === 'EXPIRED') {
    const why = runEnded(run.status) ? `run ${run.id} has ended (${run.status})` : `its time was over${at}`;
    const message = `nobody need answer this any more: ${why}`;
    return userError('FAILED_PRECONDITION', message, ['id']);
  }
  const counted = decisions.filter(({ approve }) => approve === (status === 'APPROVED'));
  const who = counted.map(({ by }) => by).join(', ') || 'nobody: its time was over';
  const said = counted.findLast(({ comment }) => comment !== null)?.comment;
  const message = `it was ${status} by ${who}${at}${said == null ? '' : `: ${said}`}`;
  return userError('FAILED_PRECONDITION', message, ['id']);
}
