import { type JsonValue, nexusError } from '#contracts';
import { hashOfJson, type StandingRuleRow } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id, Json } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { knownTemplate, listTemplates } from './templates.js';
import { type UserError, userError } from './user-error.js';

export const ReadStandingRulesInput = z.strictObject({ all: z.boolean().nullish() });
export const AddStandingRuleInput = z.strictObject({
  tool: z.string().min(1).max(300),
  arguments: Json.nullish(),
  argumentsHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'not a SHA-256 in hexadecimal: 64 digits, lower case' })
    .nullish(),
  template: z.string().min(1).max(300).nullish(),
  comment: z.string().max(2_000).nullish(),
});
export const RevokeStandingRuleInput = z.strictObject({ id: Id });

/** A call that needs no person's word any more, as every door shows it. */
export interface StandingRuleView extends StandingRuleRow {
  readonly __typename: 'StandingRule';
}

export interface StandingRulePayload {
  readonly rule: StandingRuleView | null;
  readonly userErrors: readonly UserError[];
}

const largestArgumentsBytes = 64 * 1024;

/** The rules in force, newest first; with `all` those that were revoked too. */
export async function readStandingRules(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  input: unknown,
): Promise<StandingRuleView[]> {
  const { all } = parseInput(ReadStandingRulesInput, input);
  return (await store.approvals.standingRules.list(tenant, all ?? false)).map(view);
}

/** Always allows a tool: with these arguments, for this template, or with any, for any. All faults at once. */
export async function addStandingRule(
  deps: CommandDeps,
  { tenant, actor }: CommandContext,
  input: unknown,
): Promise<StandingRulePayload> {
  const rule = parseInput(AddStandingRuleInput, input);
  const given = rule.arguments ?? undefined;
  const userErrors = [
    ...toolFaults(deps, rule.tool),
    ...(await templateFaults(deps, tenant, rule.template ?? null)),
    ...argumentFaults(given, rule.argumentsHash ?? null),
  ];
  if (userErrors.length > 0) return { rule: null, userErrors };
  const hash = given === undefined ? (rule.argumentsHash ?? undefined) : hashOfJson(given);
  const row = await deps.store.approvals.standingRules.add(tenant, {
    tool: rule.tool,
    template: rule.template ?? undefined,
    argumentsHash: hash,
    arguments: given,
    comment: rule.comment ?? undefined,
    createdBy: actor,
  });
  return { rule: view(row), userErrors: [] };
}

/** From now on people are asked again. What the rule has allowed stays allowed, and on record. */
export async function revokeStandingRule(
  { store }: CommandDeps,
  { tenant, actor }: CommandContext,
  input: unknown,
): Promise<StandingRulePayload> {
  const { id } = parseInput(RevokeStandingRuleInput, input);
  const { standingRules } = store.approvals;
  const row = await standingRules.revoke(tenant, id, actor);
  if (row) return { rule: view(row), userErrors: [] };
  const known = (await standingRules.list(tenant, true)).find((rule) => rule.id === id);
  if (!known) throw nexusError('NOT_FOUND', `rule ${id} is not known`, { hint: 'nexus rules list' });
  const at = new Date(known.revokedAt ?? 0).toISOString();
  const message = `it was revoked by ${known.revokedBy} at ${at}`;
  return { rule: view(known), userErrors: [userError('FAILED_PRECONDITION', message, ['id'])] };
}

function toolFaults({ tools }: CommandDeps, name: string): UserError[] {
  const tool = tools.find((one) => one.name === name);
  if (!tool) {
    const hint = `there are: ${tools.map((one) => one.name).join(', ') || 'none'}`;
    return [userError('BAD_USER_INPUT', `there is no tool "${name}"`, ['tool'], hint)];
  }
  return [];
}

async function templateFaults(deps: CommandDeps, tenant: string, name: string | null): Promise<UserError[]> {
  if (name === null || (await knownTemplate(deps, tenant, name))) return [];
  const known = (await listTemplates(deps, tenant)).map((template) => template.name);
  const hint = `by name, without a version; there are: ${known.join(', ') || 'none'}`;
  return [userError('BAD_USER_INPUT', `there is no template "${name}"`, ['template'], hint)];
}

function argumentFaults(given: JsonValue | undefined, hash: string | null): UserError[] {
  if (given === undefined) return [];
  if (hash !== null && hash !== hashOfJson(given))
    return [userError('BAD_USER_INPUT', 'this is not the hash of the arguments', ['argumentsHash'])];
  const bytes = Buffer.byteLength(JSON.stringify(given));
  if (bytes <= largestArgumentsBytes) return [];
  const message = `arguments have ${bytes} bytes; at most ${largestArgumentsBytes} are taken`;
  const hint = 'give their hash instead, as the approval shows it';
  return [userError('BAD_USER_INPUT', message, ['arguments'], hint)];
}

function view(row: StandingRuleRow): StandingRuleView {
  return { ...row, __typename: 'StandingRule' };
}
