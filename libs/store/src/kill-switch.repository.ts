import { sql } from 'kysely';
import type { KillScope } from '#contracts';
import type { RunChange } from './changes.js';
import type { Database } from './database.js';
import { plainText, timeText } from './json-text.js';

/** Where the rows of GLOBAL switches stand: they are of no tenant, and concern all. */
export const everyTenant = '*';

/** What a kill switch stops. */
export interface KillTarget {
  readonly scope: KillScope;
  /** Name of the agent, tool, model or project; null for GLOBAL and TENANT. */
  readonly target: string | null;
  readonly tenant: string;
}

export interface NewKillSwitch extends KillTarget {
  readonly engagedAt: number;
  readonly engagedBy: string;
  readonly reason: string;
}

export interface KillSwitchRow extends NewKillSwitch {
  readonly stoppedRuns: number;
  readonly stoppedInMs: number | null;
  readonly releasedAt: number | null;
}

export interface KillSwitchRepository {
  /**
   * Engages the switch; engaged already, it stays as it was. Those who watch in this process hear of it before the
   * database does: a switch acts while that is slow.
   */
  engage(given: NewKillSwitch): Promise<KillSwitchRow>;
  /** Adds to what the engaged switch has stopped; the longest stop counts. */
  stopped(of: KillTarget, runs: number, inMs: number | null): Promise<KillSwitchRow | null>;
  /** Null when no such switch is engaged. */
  release(scope: KillScope, target: string | null, tenant: string, by: string): Promise<KillSwitchRow | null>;
  /** The engaged switches that concern a tenant (GLOBAL ones do), or all, newest first. */
  list(tenant?: string): Promise<KillSwitchRow[]>;
  /** All that are engaged, those included that are on their way to the database. */
  active(): Promise<NewKillSwitch[]>;
  /** Hears of switches as this process engages and releases them, at once. Returns how to stop it. */
  watch(listener: (change: { readonly of: KillTarget; readonly engaged: boolean }) => void): () => void;
}

const columns = [
  'tenant',
  'scope',
  'target',
  'engaged_at as engagedAt',
  'engaged_by as engagedBy',
  'reason',
  'stopped_runs as stoppedRuns',
  'stopped_in_ms as stoppedInMs',
  'released_at as releasedAt',
] as const;

export function createKillSwitchRepository(
  { kysely }: Database,
  publish: (changes: readonly RunChange[]) => void,
): KillSwitchRepository {
  const underWay = new Set<NewKillSwitch>();
  const listeners = new Set<(change: { of: KillTarget; engaged: boolean }) => void>();
  const tell = (of: KillTarget, engaged: boolean): void => {
    for (const listener of listeners) listener({ of, engaged });
  };
  /** No run of its own: whoever follows switches reads them. */
  const publishSwitch = (of: KillTarget): void => publish([{ tenant: rowTenant(of), runId: '' }]);

  async function engage(given: NewKillSwitch): Promise<KillSwitchRow> {
    const wanted = { ...given, tenant: rowTenant(given) };
    underWay.add(wanted);
    tell(wanted, true);
    try {
      const made = await kysely
        .insertInto('kill_switch')
        .values({
          tenant: wanted.tenant,
          scope: wanted.scope,
          target: wanted.target === null ? null : plainText(wanted.target),
          engaged_at: timeText(wanted.engagedAt),
          engaged_by: plainText(wanted.engagedBy),
          reason: plainText(wanted.reason),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning(columns)
        .executeTakeFirst();
      publishSwitch(wanted);
      // Between the two statements it may have been released: then it is engaged anew.
      return made ?? (await engaged(wanted)) ?? (await engage(given));
    } finally {
      underWay.delete(wanted);
    }
  }

  async function engaged(of: KillTarget): Promise<KillSwitchRow | undefined> {
    return await kysely.selectFrom('kill_switch').select(columns).where(isEngaged(of)).executeTakeFirst();
  }

  async function stopped(of: KillTarget, runs: number, inMs: number | null): Promise<KillSwitchRow | null> {
    const row = await kysely
      .updateTable('kill_switch')
      .set({
        stopped_runs: sql<number>`stopped_runs + ${runs}`,
        stopped_in_ms: sql<number | null>`greatest(stopped_in_ms, ${inMs}::integer)`,
      })
      .where(isEngaged(of))
      .returning(columns)
      .executeTakeFirst();
    return row ?? null;
  }

  async function release(
    scope: KillScope,
    target: string | null,
    tenant: string,
    by: string,
  ): Promise<KillSwitchRow | null> {
    const of = { scope, target, tenant };
    const row = await kysely
      .updateTable('kill_switch')
      .set({ released_at: sql<string>`clock_timestamp()`, released_by: plainText(by) })
      .where(isEngaged(of))
      .returning(columns)
      .executeTakeFirst();
    if (row === undefined) return null;
    tell({ ...of, tenant: rowTenant(of) }, false);
    publishSwitch(of);
    return row;
  }

  async function list(tenant?: string): Promise<KillSwitchRow[]> {
    return await kysely
      .selectFrom('kill_switch')
      .select(columns)
      .where('released_at', 'is', null)
      .$if(tenant !== undefined, (query) => query.where('tenant', 'in', [tenant as string, everyTenant]))
      .orderBy('engaged_at', 'desc')
      .orderBy('id', 'desc')
      .execute();
  }

  async function active(): Promise<NewKillSwitch[]> {
    const before = [...underWay];
    return [...before, ...(await list())];
  }

  function watch(listener: (change: { of: KillTarget; engaged: boolean }) => void): () => void {
    const own: typeof listener = (change) => listener(change);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  return { engage, stopped, release, list, active, watch };
}

function isEngaged(of: KillTarget) {
  return sql<boolean>`(released_at is null and scope = ${of.scope} and tenant = ${rowTenant(of)}
    and target is not distinct from ${of.target === null ? null : plainText(of.target)})`;
}

function rowTenant({ scope, tenant }: KillTarget): string {
  return scope === 'GLOBAL' ? everyTenant : tenant;
}
