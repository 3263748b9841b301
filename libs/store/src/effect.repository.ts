import { sql } from 'kysely';
import { nexusError } from '#contracts';
import type { Effect, EffectState, Failure, KeptEffect, RunStatus, StoredValue } from '#contracts';
import type { RunChange } from './changes.js';
import { pageOf } from './cursor.js';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';
import type { Page } from './rows.js';

/** An opening of a segment: who comes with an older one is refused. */
export interface Fence {
  readonly segment: string;
  readonly epoch: number;
}

/** An effect of a run. */
export interface EffectPlace {
  readonly path: string;
  readonly generation: number;
}

/** What is known of an effect, now that whoever made it has an answer, or has given up. */
export interface Settlement extends EffectPlace {
  readonly tenant: string;
  readonly runId: string;
  readonly state: Exclude<EffectState, 'BEGUN'>;
  readonly output?: StoredValue | undefined;
  /** A person has looked: then NONE counts also where an attempt may have made it. */
  readonly looked?: true | undefined;
}

/** A compensation that is to begin, with the idempotency key of its own. */
export interface CompensationBegin extends EffectPlace {
  readonly key: string;
}

/** A compensation that is to be called now. */
export interface CompensationBegun extends EffectPlace {
  /** Somebody had begun it already, and may have called it. */
  readonly before: boolean;
}

export interface CompensationEnd extends EffectPlace {
  readonly state: 'COMPENSATED' | 'FAILED';
  readonly error?: Failure | undefined;
  /** Those of this time; they are added to earlier ones. */
  readonly attempts: number;
}

/** What a person's decision about a compensation came to. Not done: nothing of the task has failed to be undone. */
export interface CompensationDecision {
  readonly done: boolean;
  /** Of the run, afterwards. */
  readonly status: RunStatus;
}

export interface EffectRepository {
  /**
   * To be called before the effect is made. CONFLICT when the segment was opened anew, or the run is killed or rolled
   * back. Registered again, it may have happened already (MAYBE, or HAPPENED), unless it is known that it did not; what
   * was kept for undoing it before the first attempt stands.
   */
  register(
    effect: Effect,
    fence?: Fence,
  ): Promise<{ readonly state: EffectState; readonly generation: number }>;
  /** That it happened always counts; that it did not, only while no other attempt may have made it. Gives what counts. */
  settle(settlement: Settlement): Promise<EffectState>;
  /** A run's effects in the order of path and generation, from past one of them on. */
  of(
    tenant: string,
    runId: string,
    page?: { readonly first?: number | undefined; readonly after?: EffectPlace | undefined },
  ): Promise<Page<KeptEffect>>;
  /** All of a run's effects, in the order in which they were made. */
  all(tenant: string, runId: string): Promise<KeptEffect[]>;
  /** Of the latest generation. */
  get(tenant: string, runId: string, path: string): Promise<KeptEffect | null>;
  /**
   * The tasks are COMPENSATING, and it is told. Gives those that are to be undone now: what is undone, or has finally
   * failed, is not among them. CONFLICT when the run is not rolled back any more, or is to be killed.
   */
  beginCompensation(
    tenant: string,
    runId: string,
    begins: readonly CompensationBegin[],
  ): Promise<CompensationBegun[]>;
  /** The tasks are COMPENSATED or COMPENSATION_FAILED, and it is told. */
  endCompensation(tenant: string, runId: string, ends: readonly CompensationEnd[]): Promise<void>;
  /** What failed is to be undone once more: the run rolls back again, for which a workflow must be started. */
  retry(tenant: string, runId: string, path: string, by: string): Promise<CompensationDecision>;
  /** A person has undone it. With the last one the run is ROLLED_BACK. */
  mark(
    tenant: string,
    runId: string,
    path: string,
    by: string,
    comment: string,
  ): Promise<CompensationDecision>;
}

const registerEffect: Statement = {
  name: 'register_effect',
  text: 'select verdict, known from register_effect($1::text::json)',
};

const settleEffect: Statement = {
  name: 'settle_effect',
  text: `update effect set
  state = case when $5 = 'HAPPENED' or state = 'HAPPENED' then 'HAPPENED'
    when $5 = 'NONE' and (state <> 'MAYBE' or $7) then 'NONE' else 'MAYBE' end,
  output = case when $5 = 'HAPPENED' then $6::text::json else output end
where run_id = $1 and path = $2 and generation = $3 and tenant = $4
returning state`,
};

const beginCompensations: Statement = {
  name: 'begin_compensations',
  text: 'select begin_compensations($1::text::json) as result',
};
const endCompensations: Statement = {
  name: 'end_compensations',
  text: 'select end_compensations($1::text::json) as result',
};
const retryCompensation: Statement = {
  name: 'retry_compensation',
  text: 'select retry_compensation($1::text::json) as result',
};
const markCompensated: Statement = {
  name: 'mark_compensated',
  text: 'select mark_compensated($1::text::json) as result',
};

const pageSize = 1000;

export function createEffectRepository(
  database: Database,
  publish: (changes: readonly RunChange[]) => void,
): EffectRepository {
  const { kysely } = database;

  async function register(
    effect: Effect,
    fence?: Fence,
  ): Promise<{ state: EffectState; generation: number }> {
    const { tenant, runId, path, generation } = effect;
    const [row] = await database.call<{ verdict: 'kept' | 'over' | 'stale'; known: string }>(registerEffect, [
      jsonText({
        run_id: runId,
        tenant,
        path,
        generation,
        idempotency_key: effect.idempotencyKey,
        tool: effect.tool,
        effect: effect.effect,
        input: effect.input,
        compensating: effect.compensating,
        plan: effect.plan,
        at: timeText(effect.at),
        ...fence,
      }),
    ]);
    if (row === undefined) throw unknownRun(runId);
    if (row.verdict === 'kept') return { state: row.known as EffectState, generation };
    throw row.verdict === 'stale'
      ? staleFence(runId, fence)
      : nexusError('CONFLICT', `run ${runId} is ${row.known}: nothing more is done for it at ${path}`, {
          hint: 'Leave it: what it has done is being taken back, or it is stopped for good.',
        });
  }

  async function settle(settlement: Settlement): Promise<EffectState> {
    const { tenant, runId, path, generation, state, output, looked = false } = settlement;
    const [row] = await database.call<{ state: EffectState }>(settleEffect, [
      runId,
      path,
      generation,
      tenant,
      state,
      output === undefined ? null : jsonText(output),
      looked,
    ]);
    if (row !== undefined) return row.state;
    throw nexusError(
      'NOT_FOUND',
      `the effect of ${path} (generation ${generation}) in ${runId} is not registered`,
    );
  }

  function rows(tenant: string, runId: string) {
    return kysely
      .selectFrom('effect')
      .selectAll()
      .where('run_id', '=', plainText(runId))
      .where('tenant', '=', tenant);
  }

  async function of(
    tenant: string,
    runId: string,
    { first = pageSize, after }: { first?: number | undefined; after?: EffectPlace | undefined } = {},
  ): Promise<Page<KeptEffect>> {
    const found = await rows(tenant, runId)
      .$if(after !== undefined, (query) =>
        query.where(
          sql<boolean>`(path, generation) > (${after?.path ?? ''}::text, ${after?.generation ?? 0}::integer)`,
        ),
      )
      .orderBy('path')
      .orderBy('generation')
      .limit(first + 1)
      .execute();
    return pageOf(found.map(keptEffect), first);
  }

  async function all(tenant: string, runId: string): Promise<KeptEffect[]> {
    const found: KeptEffect[] = [];
    for (;;) {
      const page = await of(tenant, runId, { after: found.at(-1) });
      found.push(...page.rows);
      if (!page.hasNextPage) return found.sort((a, b) => a.at - b.at);
    }
  }

  async function get(tenant: string, runId: string, path: string): Promise<KeptEffect | null> {
    const row = await rows(tenant, runId)
      .where('path', '=', plainText(path))
      .orderBy('generation', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : keptEffect(row);
  }

  async function undo<Result>(
    statement: Statement,
    tenant: string,
    runId: string,
    items: readonly object[],
  ): Promise<Result> {
    const given = {
      run_id: runId,
      tenant,
      items: items.map((item, nth) => ({ ...item, nth, run_id: runId })),
    };
    const [row] = await database.call<{
      result: (Result & { verdict: 'begun' | 'ended' | 'over'; status: RunStatus }) | null;
    }>(statement, [jsonText(given)]);
    if (row?.result == null) throw unknownRun(runId);
    const { result } = row;
    if (result.verdict === 'over')
      throw nexusError('CONFLICT', `run ${runId} is ${result.status}: nothing of it is undone now`);
    publish([{ tenant, runId }]);
    return result;
  }

  async function decide(
    statement: Statement,
    tenant: string,
    runId: string,
    given: object,
  ): Promise<CompensationDecision> {
    const [row] = await database.call<{ result: CompensationDecision | null }>(statement, [
      jsonText({ run_id: runId, tenant, ...given }),
    ]);
    if (row?.result == null) throw unknownRun(runId);
    if (row.result.done) publish([{ tenant, runId }]);
    return row.result;
  }

  return {
    register,
    settle,
    of,
    all,
    get,
    async beginCompensation(tenant, runId, begins) {
      if (begins.length === 0) return [];
      return (await undo<{ begun: CompensationBegun[] }>(beginCompensations, tenant, runId, begins)).begun;
    },
    async endCompensation(tenant, runId, ends) {
      if (ends.length > 0) await undo(endCompensations, tenant, runId, ends);
    },
    retry: (tenant, runId, path, by) =>
      decide(retryCompensation, tenant, runId, { path, person: by, at: timeText(Date.now()) }),
    mark: (tenant, runId, path, by, comment) =>
      decide(markCompensated, tenant, runId, { path, person: by, comment }),
  };
}

interface EffectColumns extends Omit<KeptEffect, 'runId' | 'idempotencyKey' | 'compensation' | 'plan'> {
  readonly run_id: string;
  readonly idempotency_key: string;
  readonly plan: KeptEffect['plan'] | null;
  readonly undo: NonNullable<KeptEffect['compensation']>['state'] | null;
  readonly undo_attempts: number;
  readonly undo_error: Failure | null;
  readonly undo_by: string | null;
  readonly undo_comment: string | null;
  readonly undo_at: number | null;
}

function keptEffect(row: EffectColumns): KeptEffect {
  const {
    run_id,
    idempotency_key,
    plan,
    undo,
    undo_attempts,
    undo_error,
    undo_by,
    undo_comment,
    undo_at,
    ...rest
  } = row;
  return {
    ...rest,
    runId: run_id,
    idempotencyKey: idempotency_key,
    ...(plan && { plan }),
    compensation: undo && {
      state: undo,
      attempts: undo_attempts,
      ...(undo_error && { error: undo_error }),
      ...(undo_by !== null && { by: undo_by }),
      ...(undo_comment !== null && { comment: undo_comment }),
      at: undo_at ?? 0,
    },
  };
}

function staleFence(runId: string, fence: Fence | undefined): Error {
  return nexusError(
    'CONFLICT',
    `segment ${fence?.segment ?? ''} of ${runId} was opened again after epoch ${fence?.epoch ?? 0}`,
    { retryable: true, hint: 'Another attempt has taken over: stop, and leave the rest to it.' },
  );
}

function unknownRun(id: string): Error {
  return nexusError('NOT_FOUND', `run ${id} is not known`);
}
