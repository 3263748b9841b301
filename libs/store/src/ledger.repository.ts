import { nexusError } from '#contracts';
import type { NanoUsd, RunBudget, Usage } from '#contracts';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';

/** What a tenant may use in a day, in UTC. */
export type DailyLimits = Pick<RunBudget, 'limitNanos' | 'maxTokens' | 'maxModelCalls'>;

/** A call before it is sent. */
export interface NewReservation {
  /** The same call again has the same key. */
  readonly key: string;
  readonly tenant: string;
  /** All of a run's tree has its ID. */
  readonly runId: string | null;
  readonly taskPath: string | null;
  readonly deployment: string;
  readonly priceVersion: string | null;
  /** The most that it may cost. */
  readonly nanos: NanoUsd;
  readonly tokens: number;
  /** Afterwards its outcome counts as unknown. */
  readonly leaseMs: number;
}

export type ReservationVerdict =
  | { readonly state: 'reserved' | 'settled' | 'dispatched' }
  | {
      readonly state: 'refused';
      readonly scope: 'run' | 'tenant';
      readonly unit: 'money' | 'tokens' | 'calls' | 'time';
      readonly left: number;
      readonly limit: number;
      /** It would fit, were it not for calls that are under way. */
      readonly pending: boolean;
      /** The signal that has a person asked is in the outbox since this moment. */
      readonly told: boolean;
    };

export interface SettlementVerdict {
  readonly runId: string | null;
  /** False: it was settled before. */
  readonly counted: boolean;
  /** The run has come to what a trigger on COST waits for; the signal that tells its workflow is in the outbox. */
  readonly crossed: boolean;
}

/** Where the budget of a run, or of a tenant for a day, stands; all of one moment. */
export interface BudgetAccount {
  readonly limitNanos: NanoUsd | null;
  readonly spentNanos: NanoUsd;
  readonly reservedNanos: NanoUsd;
  readonly spentTokens: number;
  readonly reservedTokens: number;
  readonly spentCalls: number;
  readonly reservedCalls: number;
}

/** What is left for calls of a run. */
export interface BudgetStanding {
  /** In money, of the tightest limit, if calls under way come to cost nothing; null where there is none. */
  readonly remaining: NanoUsd | null;
  /** The same, without what is put by for calls under way: what fits in it is reserved at once. */
  readonly free: NanoUsd | null;
  /** A person wants cheaper models from now on. */
  readonly cheaper: boolean;
}

/** An account whose figures are not those of its reservations, or of its entries: a defect. */
export interface Drift {
  readonly tenant: string;
  readonly scope: 'run' | 'tenant';
  readonly name: string;
  readonly detail: string;
}

/**
 * What calls of models may cost, what is put by for them, and what they did cost. Each operation is one statement;
 * amounts never pass a limit when a call is reserved, however many do so at once. The clock is the database's, unless
 * a moment is given.
 */
export interface LedgerRepository {
  /** Puts by for a call that is sent next. Known already, it is not put by again. */
  reserve(call: NewReservation, daily?: DailyLimits, now?: number): Promise<ReservationVerdict>;
  /** The call was answered. Counts once. */
  settle(
    tenant: string,
    key: string,
    actual: { readonly nanos: NanoUsd; readonly usage: Usage },
    now?: number,
  ): Promise<SettlementVerdict>;
  /** Nothing was billed. What is settled stays so. */
  release(tenant: string, key: string, now?: number): Promise<void>;
  /** Charges calls of all tenants whose lease is over with all that they could have cost; gives how many. */
  expire(most?: number, now?: number): Promise<number>;
  /** Null: nothing was ever put by for the run, and it has no budget. */
  ofRun(tenant: string, runId: string): Promise<BudgetAccount | null>;
  /** A day such as `2026-01-31`, in UTC. */
  ofDay(tenant: string, day: string): Promise<BudgetAccount | null>;
  standing(tenant: string, runId: string | null, daily?: DailyLimits, now?: number): Promise<BudgetStanding>;
  /** Accounts that are not as their open reservations say; with `whole`, or as all their entries say. None: all is well. */
  drift(whole?: boolean): Promise<Drift[]>;
}

const reserveCall: Statement = {
  name: 'reserve_call',
  text: 'select reserve_call($1::text::json) as result',
};
const settleCall: Statement = { name: 'settle_call', text: 'select settle_call($1::text::json) as result' };
const releaseCall: Statement = {
  name: 'release_call',
  text: 'select release_call($1::text::json) as result',
};
const expireCalls: Statement = {
  name: 'expire_calls',
  text: 'select expire_calls($1::text::json) as expired',
};

const readAccount: Statement = {
  name: 'budget_account',
  text: `select limit_nanos as "limitNanos", spent_nanos as "spentNanos", reserved_nanos as "reservedNanos",
  spent_tokens as "spentTokens", reserved_tokens as "reservedTokens", spent_calls as "spentCalls",
  reserved_calls as "reservedCalls"
from budget_account where tenant = $1 and scope = $2 and name = $3`,
};

const readStanding: Statement = {
  name: 'budget_standing',
  text: `select min(case scope when 'run' then limit_nanos else $4::bigint end - spent_nanos) as remaining,
  min(case scope when 'run' then limit_nanos else $4::bigint end - spent_nanos - reserved_nanos) as free,
  coalesce(bool_or(cheaper), false) as cheaper
from budget_account where tenant = $1 and (scope, name) in (('run', $2::text), ('tenant', $3::text))`,
};

const amounts = ['nanos', 'tokens', 'calls'] as const;
const columns = (prefix: string, alias: string): string =>
  amounts.map((unit) => `${alias}.${prefix}_${unit}`).join(', ');
const sums = (prefix: string): string =>
  amounts.map((unit) => `sum(${prefix}_${unit})::bigint as ${prefix}_${unit}`).join(', ');

/** Accounts beside what they are the sum of; one statement sees one moment. */
const driftText = (prefix: string, source: string, among: string): string => `
select coalesce(a.tenant, s.tenant) as tenant, coalesce(a.scope, s.scope) as scope, coalesce(a.name, s.name) as name,
  format('${prefix}: (%s) in the account, (%s) in all', concat_ws(', ', ${columns(prefix, 'a')}),
    concat_ws(', ', ${columns(prefix, 's')})) as detail
from (select * from budget_account b where ${among}) a full join (
  select tenant, scope, name, ${sums(prefix)} from (
    select tenant, 'run' as scope, run_id as name, x.* from (${source}) x where run_id is not null
    union all select tenant, 'tenant', day, x.* from (${source}) x where day <> ''
  ) e (tenant, scope, name, tenant_, run_id_, day_, ${prefix}_nanos, ${prefix}_tokens, ${prefix}_calls)
  group by 1, 2, 3
) s on s.tenant = a.tenant and s.scope = a.scope and s.name = a.name
where (${amounts.map((unit) => `coalesce(a.${prefix}_${unit}, 0)`).join(', ')})
  is distinct from (${amounts.map((unit) => `coalesce(s.${prefix}_${unit}, 0)`).join(', ')})`;

const openDrift: Statement = {
  name: 'budget_drift',
  text: driftText(
    'reserved',
    `select tenant, run_id, day, nanos, tokens, 1 from reservation where state = 'dispatched'`,
    'b.reserved_nanos <> 0 or b.reserved_tokens <> 0 or b.reserved_calls <> 0',
  ),
};

const wholeDrift: Statement = {
  name: 'budget_drift_whole',
  text: ['reserved', 'spent']
    .map((prefix) =>
      driftText(prefix, `select tenant, run_id, day, ${columns(prefix, 'l')} from ledger_entry l`, 'true'),
    )
    .join('\nunion all'),
};

const moment = (now: number | undefined): object => (now === undefined ? {} : { now: timeText(now) });

export function createLedgerRepository(database: Database): LedgerRepository {
  async function decide<Result>(statement: Statement, given: object): Promise<Result | null> {
    const [row] = await database.call<{ result: Result | null }>(statement, [jsonText(given)]);
    return row?.result ?? null;
  }

  async function account(tenant: string, scope: string, name: string): Promise<BudgetAccount | null> {
    const [row] = await database.call<BudgetAccount>(readAccount, [tenant, scope, plainText(name)]);
    return row ?? null;
  }

  async function reserve(
    call: NewReservation,
    daily: DailyLimits = {},
    now?: number,
  ): Promise<ReservationVerdict> {
    const { key, tenant, runId, taskPath, deployment, priceVersion, nanos, tokens, leaseMs } = call;
    const verdict = await decide<ReservationVerdict>(reserveCall, {
      key,
      tenant,
      run_id: runId,
      task_path: taskPath,
      deployment,
      price_version: priceVersion,
      nanos,
      tokens,
      lease_ms: leaseMs,
      day_nanos: daily.limitNanos,
      day_tokens: daily.maxTokens,
      day_calls: daily.maxModelCalls,
      ...moment(now),
    });
    return verdict ?? unknownCall(key);
  }

  return {
    reserve,
    async settle(tenant, key, { nanos, usage }, now) {
      const tokens = usage.inputTokens + usage.outputTokens;
      const given = { tenant, key, nanos, tokens, usage, ...moment(now) };
      return (await decide<SettlementVerdict>(settleCall, given)) ?? unknownCall(key);
    },
    async release(tenant, key, now) {
      if ((await decide(releaseCall, { tenant, key, ...moment(now) })) === null) unknownCall(key);
    },
    async expire(most = 500, now) {
      const [row] = await database.call<{ expired: number }>(expireCalls, [
        jsonText({ most, ...moment(now) }),
      ]);
      return row?.expired ?? 0;
    },
    ofRun: (tenant, runId) => account(tenant, 'run', runId),
    ofDay: (tenant, day) => account(tenant, 'tenant', day),
    async standing(tenant, runId, daily = {}, now = Date.now()) {
      const day = new Date(now).toISOString().slice(0, 10);
      const given = [tenant, runId, day, daily.limitNanos ?? null];
      const [row] = await database.call<BudgetStanding>(readStanding, given);
      const { remaining = null, free = null, cheaper = false } = row ?? {};
      // On a day without a call yet all of it is left.
      const { limitNanos = Infinity } = daily;
      const least = (left: number | null): number | null => {
        const amount = Math.min(left ?? Infinity, limitNanos);
        return amount === Infinity ? null : Math.max(0, amount);
      };
      return { remaining: least(remaining), free: least(free), cheaper };
    },
    drift: (whole = false) => database.call<Drift>(whole ? wholeDrift : openDrift, []),
  };
}

function unknownCall(key: string): never {
  throw nexusError('NOT_FOUND', `nothing was reserved for the call ${key}`);
}
