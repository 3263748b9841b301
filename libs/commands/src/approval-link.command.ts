import { durationMs } from '#plan';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { type ApprovalPayload, type ApprovalView, approvalView } from './approval-view.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { decideApproval } from './decide-approval.command.js';
import { Id, Json } from './input-fields.js';
import { parseInput } from './parse-input.js';
import type { PlanPreparer } from './prepare-plan.js';
import { readValue } from './read-values.command.js';
import { type UserError, userError } from './user-error.js';

const longestMs = 30 * 24 * 3_600_000;
const shortestMs = 60_000;

export const ApprovalLinkInput = z.strictObject({
  id: Id,
  expiresIn: z
    .string()
    .refine((text) => durationMs(text) !== undefined, { error: 'not a duration such as "24h"' })
    .nullish()
    .transform((text) => durationMs(text ?? '24h') ?? 0)
    .refine((ms) => ms >= shortestMs && ms <= longestMs, { error: 'from one minute to 30 days' }),
  person: z.string().trim().min(1).max(200).nullish(),
});

const Token = z.string().max(500);
export const ReadLinkInput = z.strictObject({ token: Token });
export const DecideByLinkInput = z.strictObject({
  token: Token,
  approve: z.boolean(),
  answer: Json.nullish(),
  comment: z.string().max(2_000).nullish(),
});

/** A link that is good for one decision. Its token is told once and kept nowhere. */
export interface ApprovalLinkPayload {
  readonly link: { readonly token: string; readonly expiresAt: number; readonly person: string } | null;
  readonly userErrors: readonly UserError[];
}

/** What a link leads to, or why it leads nowhere any more. */
export type LinkView =
  | {
      readonly state: 'good';
      readonly approval: ApprovalView;
      readonly context: unknown;
      readonly goal: string | null;
      readonly costNanos: number;
      readonly person: string;
    }
  | { readonly state: 'unknown' | 'used' | 'expired' }
  | { readonly state: 'over'; readonly approval: ApprovalView };

/** Makes a link by which somebody can decide once who has nothing else to do with this server. */
export async function makeApprovalLink(
  { store, now }: CommandDeps,
  { tenant, actor }: CommandContext,
  input: unknown,
): Promise<ApprovalLinkPayload> {
  const { id, expiresIn, person } = parseInput(ApprovalLinkInput, input);
  const approval = await store.approvals.get(tenant, id);
  if (!approval) throw nexusError('NOT_FOUND', `approval ${id} is not known`);
  if (approval.status !== 'PENDING') {
    const message = `it is ${approval.status}: there is nothing to be decided any more`;
    return { link: null, userErrors: [userError('FAILED_PRECONDITION', message, ['id'])] };
  }
  const expiresAt = Math.min(now() + expiresIn, approval.expiresAt ?? Infinity);
  if (expiresAt <= now()) {
    const message = 'the time to decide it is over: a link would be good for nothing';
    return { link: null, userErrors: [userError('FAILED_PRECONDITION', message, ['id'])] };
  }
  const who = person ?? actor;
  const { token } = await store.approvals.links.create({ tenant, approvalId: id, person: who, expiresAt });
  return { link: { token, expiresAt, person: who }, userErrors: [] };
}

/** What is behind a link. To look changes nothing: programs that show previews do so too. */
export async function readLink(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<LinkView> {
  const { store, now } = deps;
  const { token } = parseInput(ReadLinkInput, input);
  const link = await store.approvals.links.look(token);
  if (link === null) return { state: 'unknown' };
  const row = await store.approvals.get(link.tenant, link.approvalId);
  if (row === null) return { state: 'unknown' };
  const approval = approvalView(row);
  // Who finds it later learns nothing of what was asked.
  if (link.usedAt !== null) return { state: 'used' };
  if (link.expiresAt <= now()) return { state: 'expired' };
  if (approval.status !== 'PENDING') return { state: 'over', approval };
  const caller = { ...context, tenant: link.tenant };
  const run = await store.runs.get(link.tenant, approval.runId);
  return {
    state: 'good',
    approval,
    context: await readValue(deps, caller, approval.storedContext),
    goal: run?.goal ?? null,
    costNanos: run?.usage.costNanos ?? 0,
    person: link.person,
  };
}

/** Decides by a link, once, in the name of whom it was made for. What is refused leaves the link as it is. */
export async function decideByLink(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  context: CommandContext,
  input: unknown,
): Promise<{ readonly view: LinkView } | { readonly decided: ApprovalPayload }> {
  const { token, ...decision } = parseInput(DecideByLinkInput, input);
  const view = await readLink(deps, context, { token });
  if (view.state !== 'good') return { view };
  const { links } = deps.store.approvals;
  const link = await links.find(token);
  if (link === null) return { view: await readLink(deps, context, { token }) };
  const caller = { ...context, tenant: link.tenant, actor: link.person };
  const claim = async (): Promise<boolean> => (await links.use(token)) !== null;
  const given = { id: link.approvalId, ...decision };
  return { decided: await decideApproval(deps, preparePlan, caller, given, claim) };
}
