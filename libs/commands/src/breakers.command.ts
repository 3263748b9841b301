import { breakerOfDeployment, breakerOfTool } from '#contracts';
import type { BreakerReport, Limit } from '#routing';
import { everyTenant } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Reason } from './input-fields.js';
import { nudgeWaiting } from './kill-switches.command.js';
import { parseInput } from './parse-input.js';
import { type UserError, notAvailable, userError } from './user-error.js';

const Name = z.string().min(1).max(500);

export const SetBreakerInput = z
  .strictObject({ name: Name, force: z.enum(['OPEN', 'CLOSED']).nullish(), reason: Reason.nullish() })
  .refine(({ force, reason }) => !force || reason, { error: 'say why', path: ['reason'] });
export const ResetBreakerInput = z.strictObject({ name: Name });

/** A breaker, or a limit that a provider has set, as every door shows it. */
export interface BreakerView {
  readonly name: string;
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly availableAt: number | null;
  readonly forced: 'OPEN' | 'CLOSED' | null;
  readonly reason: string | null;
  readonly failures: number;
  readonly calls: number;
  readonly openings: number;
  readonly refusals: number;
  readonly since: number | null;
}

export interface BreakerPayload {
  readonly breaker: BreakerView | null;
  readonly userErrors: readonly UserError[];
}

/** The breakers that calls of the caller may meet, by name; limits are open until they end by themselves. */
export function readBreakers(deps: CommandDeps, { tenant }: CommandContext): BreakerView[] {
  if (!deps.breakers) return [];
  const { board, limits } = deps.breakers;
  const models = modelNames(deps).map((name) => board.view(name));
  const seen = new Map([...models, ...board.all(), ...board.of(tenant).all()].map((one) => [one.name, one]));
  return [...[...seen.values()].map(breakerView), ...limits.all().map(limitView)].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** Holds a breaker open or closed for all workers, or (null) leaves it to itself again. */
export async function setBreaker(
  deps: CommandDeps,
  { tenant, actor }: CommandContext,
  input: unknown,
): Promise<BreakerPayload> {
  const { name, force = null, reason } = parseInput(SetBreakerInput, input);
  if (!deps.breakers) return refused(notAvailable('a breaker'));
  const { board, limits } = deps.breakers;
  if (limits.until(name) !== null) {
    const hint = `lift it: nexus breakers reset ${name}`;
    return refused(
      userError('FAILED_PRECONDITION', `${name} is a limit, which nobody can hold`, ['name'], hint),
    );
  }
  const owner = ownerOf(deps, tenant, name);
  if (owner === null) return refused(unknown(deps, name));
  if (force === null && board.of(owner).view(name).forced === null)
    return refused(userError('FAILED_PRECONDITION', `nobody holds breaker ${name}`, ['force']));
  const held = await board.hold(owner, name, force, force === null ? null : `${actor}: ${reason ?? ''}`);
  if (force !== 'OPEN') await nudgeWaiting(deps, 'DEPENDENCY');
  return { breaker: breakerView(held), userErrors: [] };
}

/** Closes a breaker and forgets what was, or lifts a limit. */
export async function resetBreaker(
  deps: CommandDeps,
  { tenant }: CommandContext,
  input: unknown,
): Promise<BreakerPayload> {
  const { name } = parseInput(ResetBreakerInput, input);
  if (!deps.breakers) return refused(notAvailable('a breaker'));
  const { board, limits } = deps.breakers;
  const limit = limits.all().find((one) => one.name === name);
  if (limit && (await limits.lift(name)))
    return {
      breaker: { ...limitView(limit), state: 'CLOSED', availableAt: null, reason: null },
      userErrors: [],
    };
  const owner = ownerOf(deps, tenant, name);
  if (owner === null) return refused(unknown(deps, name));
  const closed = await board.reset(owner, name);
  await nudgeWaiting(deps, 'DEPENDENCY');
  return { breaker: breakerView(closed), userErrors: [] };
}

/** State of the breaker of a model; null where several deployments stand behind the name. */
export function breakerOfModel(
  { breakers }: CommandDeps,
  { id, provider }: { readonly id: string; readonly provider: string },
): BreakerView['state'] | null {
  if (!breakers || !isDeployment(id, provider)) return null;
  return breakers.board.view(breakerOfDeployment(id)).state;
}

function modelNames({ models }: CommandDeps): string[] {
  return models
    .filter(({ id, provider }) => isDeployment(id, provider))
    .map(({ id }) => breakerOfDeployment(id));
}

function isDeployment(id: string, provider: string): boolean {
  return id.startsWith(`${provider}:`) || id.startsWith(`${provider}@`);
}

/** Whose it is; null when there is none of that name. A misspelt one would protect nothing. */
function ownerOf(deps: CommandDeps, tenant: string, name: string): string | null {
  const board = deps.breakers?.board;
  const has = (all: readonly BreakerReport[] = []): boolean => all.some((one) => one.name === name);
  if (modelNames(deps).includes(name) || has(board?.all())) return everyTenant;
  if (deps.tools.some((tool) => breakerOfTool(tool.name) === name) || has(board?.of(tenant).all()))
    return tenant;
  return null;
}

function unknown(deps: CommandDeps, name: string): UserError {
  const known = [...modelNames(deps), ...deps.tools.map((tool) => breakerOfTool(tool.name))];
  const hint = `there are: ${known.join(', ') || 'none'}`;
  return userError('BAD_USER_INPUT', `there is no breaker "${name}"`, ['name'], hint);
}

function refused(error: UserError): BreakerPayload {
  return { breaker: null, userErrors: [error] };
}

function breakerView(report: BreakerReport): BreakerView {
  const { name, state, availableAt, forced, reason, failures, calls, openings, refusals, since } = report;
  const known = since === 0 ? null : since;
  return { name, state, availableAt, forced, reason, failures, calls, openings, refusals, since: known };
}

function limitView({ name, until, reason }: Limit): BreakerView {
  const counts = { failures: 0, calls: 0, openings: 0, refusals: 0 };
  return { name, state: 'OPEN', availableAt: until, forced: null, reason, since: null, ...counts };
}
