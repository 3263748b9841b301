import { approvalStatuses, type JsonObject, type NanoUsd } from '#contracts';
import { cursorOf } from '#store';
import { z } from 'zod';
import { type ApprovalView, approvalView } from './approval-view.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { connection, type Connection } from './connection.js';
import { pageFields } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { type PlanChange, planDifference } from './plan-difference.js';
import { readValue } from './read-values.command.js';
import type { RunView } from './run-view.js';

export const ReadApprovalsInput = z.strictObject({
  status: z.enum(approvalStatuses).nullish(),
  ...pageFields(50),
});

/** A page of what people are, or were, asked in all runs, oldest first. */
export async function readApprovals(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  input: unknown,
): Promise<Connection<ApprovalView>> {
  const { status, first, after } = parseInput(ReadApprovalsInput, input);
  const page = await store.approvals.list(tenant, {
    status: status ?? undefined,
    first,
    after: after ?? undefined,
  });
  const more = { next: page.hasNextPage, previous: after !== null };
  return connection(
    page.rows.map(approvalView),
    ({ id, requestedAt }) => cursorOf({ id, createdAt: requestedAt }),
    more,
  );
}

/** What a run has asked, oldest first. */
export async function readApprovalsOf(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  run: RunView,
): Promise<ApprovalView[]> {
  return (await store.approvals.of(tenant, run.id)).map(approvalView);
}

/** One of them by its ID, or null. */
export async function findApproval(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  id: string,
): Promise<ApprovalView | null> {
  const row = id.startsWith('approval:') ? await store.approvals.get(tenant, id) : null;
  return row && approvalView(row);
}

/** What the run that asks is for, and has cost so far. */
export async function readRunOfApproval(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  approval: ApprovalView,
): Promise<{ readonly goal: string | null; readonly costNanos: NanoUsd }> {
  if (approval.ofRun) return approval.ofRun;
  const run = await store.runs.get(tenant, approval.runId);
  return { goal: run?.goal ?? null, costNanos: run?.usage.costNanos ?? 0 };
}

/** In what the plan that a person gave differs from the one that was asked about; null where none was given. */
export async function readDifference(
  deps: CommandDeps,
  context: CommandContext,
  { kind, status, answer, storedContext }: ApprovalView,
): Promise<PlanChange[] | null> {
  if (kind !== 'PLAN' || status !== 'APPROVED' || answer === null) return null;
  const known = (await readValue(deps, context, storedContext)) as JsonObject | null;
  return planDifference(known?.['plan'] ?? null, answer);
}
