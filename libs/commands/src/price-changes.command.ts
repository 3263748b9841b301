import { formatUsd, nexusError } from '#contracts';
import type { JsonValue, NanoUsd } from '#contracts';
import { approvedVersion } from '#routing';
import type { Rates } from '#routing';
import type { PriceChangeRow, PriceChangeState } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { userError } from './user-error.js';
import type { UserError } from './user-error.js';

export const ReadPriceChangesInput = z.strictObject({ all: z.boolean().nullish() });
export const ApprovePriceChangeInput = z.strictObject({ id: Id });

/** Prices as every door shows them: US dollars for a million tokens, and for a request. */
export interface PriceView {
  readonly input: string;
  readonly output: string;
  readonly cacheRead: string | null;
  readonly cacheWrite: string | null;
  readonly request: string;
  readonly beyond:
    | (Pick<PriceView, 'input' | 'output' | 'cacheRead' | 'cacheWrite'> & { readonly inputTokens: number })
    | null;
}

/** A change of a price that a refresh found odd, as every door shows it. */
export interface PriceChangeView {
  readonly id: string;
  readonly seller: string;
  readonly model: string;
  readonly oddities: readonly string[];
  readonly state: PriceChangeState;
  readonly before: PriceView | null;
  readonly after: PriceView | null;
  readonly source: string;
  readonly foundAt: number;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
}

export interface PriceChangePayload {
  readonly change: PriceChangeView | null;
  readonly userErrors: readonly UserError[];
}

/** The changes of prices that wait for a person; with `all` also those that do not any more. */
export async function readPriceChanges(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  input: unknown,
): Promise<PriceChangeView[]> {
  const { all } = parseInput(ReadPriceChangesInput, input);
  return (await store.prices.changes(tenant, all ?? false)).map(view);
}

/** Lets a quarantined price hold from now on. Calls that were made before keep what they were charged. */
export async function approvePriceChange(
  deps: CommandDeps,
  { tenant, actor }: CommandContext,
  input: unknown,
): Promise<PriceChangePayload> {
  const { id } = parseInput(ApprovePriceChangeInput, input);
  const { prices } = deps.store;
  const change = await find(deps, tenant, id);
  if (!change) {
    throw nexusError('NOT_FOUND', `price change ${id} is not known`, {
      hint: 'nexus models prices --quarantined',
    });
  }
  if (isNegative(change.newRates)) return refused(change, 'a price below zero cannot hold');
  if (!(await prices.approve(tenant, id, approvedVersion(change, deps.now()), actor))) {
    const now = (await find(deps, tenant, id)) ?? change;
    return refused(
      now,
      `it is ${now.state.toLowerCase()}${now.decidedBy === null ? '' : ` by ${now.decidedBy}`}`,
    );
  }
  await deps.pricesChanged?.();
  return { change: view((await find(deps, tenant, id)) ?? change), userErrors: [] };
}

async function find({ store }: CommandDeps, tenant: string, id: string): Promise<PriceChangeRow | undefined> {
  return (await store.prices.changes(tenant, true)).find((change) => change.id === id);
}

function refused(change: PriceChangeRow, message: string): PriceChangePayload {
  return { change: view(change), userErrors: [userError('FAILED_PRECONDITION', message, ['id'])] };
}

function isNegative(rates: JsonValue): boolean {
  return JSON.stringify(rates).includes(':-');
}

function view({ oldRates, newRates, ...change }: PriceChangeRow): PriceChangeView {
  return { ...change, before: priceView(oldRates), after: priceView(newRates) };
}

function priceView(stored: JsonValue): PriceView | null {
  if (stored === null) return null;
  const { request, beyond, ...rates } = stored as unknown as Rates;
  return {
    ...ratesView(rates),
    request: formatUsd(request),
    beyond: beyond === undefined ? null : { ...ratesView(beyond), inputTokens: beyond.inputTokens },
  };
}

function ratesView(
  rates: Pick<Rates, 'input' | 'output' | 'cacheRead'> & { readonly cacheWrite?: NanoUsd | null },
) {
  return {
    input: formatUsd(rates.input),
    output: formatUsd(rates.output),
    cacheRead: rates.cacheRead === null ? null : formatUsd(rates.cacheRead),
    cacheWrite: rates.cacheWrite == null ? null : formatUsd(rates.cacheWrite),
  };
}
