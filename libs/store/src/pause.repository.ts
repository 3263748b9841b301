import { nexusError } from '#contracts';
import type { Pause, PauseSource } from '#contracts';
import type { RunChange } from './changes.js';
import type { Database, Statement } from './database.js';
import { jsonText, timeText } from './json-text.js';

/** A run that holds pauses. */
export interface PausedRun {
  readonly tenant: string;
  readonly runId: string;
  readonly pauses: readonly Pause[];
}

export interface PauseRepository {
  /**
   * Holds the run: it is PAUSED until it holds no pause. Of each source it has one: a repeated one takes the new
   * reason and `interrupt`, and keeps its beginning. `event` tells the run's readers. Not held: the run has ended.
   */
  add(
    tenant: string,
    runId: string,
    pause: Pause,
    event: boolean,
  ): Promise<{ readonly held: boolean; readonly fresh: boolean }>;
  /** Lifts the pauses of these sources; with the last one gone the run counts as moving until its workflow says more. */
  lift(
    tenant: string,
    runId: string,
    sources: readonly PauseSource[] | 'all',
    by: string,
  ): Promise<{ readonly lifted: readonly Pause[]; readonly left: number }>;
  /** The pauses that a run holds, oldest first; one that has ended holds none. */
  of(tenant: string, runId: string): Promise<Pause[]>;
  /** Every run that holds pauses, of all tenants. */
  all(): Promise<PausedRun[]>;
}

const addPause: Statement = { name: 'add_pause', text: 'select held, fresh from add_pause($1::text::json)' };

const liftPauses: Statement = {
  name: 'lift_pauses_2',
  text: 'select lifted, remaining as "left" from lift_pauses_2($1::text::json)',
};

const pauseColumns = [
  'source',
  'held_by as by',
  'reason',
  'interrupt',
  'since',
  'tenant',
  'run_id as runId',
] as const;

export function createPauseRepository(
  database: Database,
  publish: (changes: readonly RunChange[]) => void,
): PauseRepository {
  const { kysely } = database;

  async function add(
    tenant: string,
    runId: string,
    pause: Pause,
    event: boolean,
  ): Promise<{ held: boolean; fresh: boolean }> {
    const { source, by, reason, interrupt = false, since } = pause;
    const given = {
      run_id: runId,
      tenant,
      source,
      held_by: by,
      reason,
      interrupt,
      since: timeText(since),
      event,
    };
    const [result] = await database.call<{ held: boolean; fresh: boolean }>(addPause, [jsonText(given)]);
    if (result === undefined) throw unknownRun(runId);
    if (result.held) publish([{ tenant, runId }]);
    return result;
  }

  async function lift(
    tenant: string,
    runId: string,
    sources: readonly PauseSource[] | 'all',
    by: string,
  ): Promise<{ lifted: readonly Pause[]; left: number }> {
    const given = { run_id: runId, tenant, sources: sources === 'all' ? undefined : sources, lifted_by: by };
    const [result] = await database.call<{ lifted: Pause[]; left: number }>(liftPauses, [jsonText(given)]);
    if (result === undefined) throw unknownRun(runId);
    if (result.lifted.length > 0) publish([{ tenant, runId }]);
    return result;
  }

  function rows() {
    return kysely.selectFrom('pause').select(pauseColumns).orderBy('since').orderBy('source');
  }

  async function of(tenant: string, runId: string): Promise<Pause[]> {
    const found = await rows().where('run_id', '=', runId).where('tenant', '=', tenant).execute();
    return found.map(pauseOf);
  }

  async function all(): Promise<PausedRun[]> {
    const runs = new Map<string, { tenant: string; runId: string; pauses: Pause[] }>();
    for (const row of await rows().execute()) {
      const { tenant, runId } = row;
      const run = runs.get(runId) ?? { tenant, runId, pauses: [] };
      run.pauses.push(pauseOf(row));
      runs.set(runId, run);
    }
    return [...runs.values()];
  }

  return { add, lift, of, all };
}

function pauseOf(row: {
  readonly source: PauseSource;
  readonly by: string;
  readonly reason: string | null;
  readonly interrupt: boolean;
  readonly since: number;
}): Pause {
  const { source, by, reason, interrupt, since } = row;
  return { source, by, ...(reason !== null && { reason }), interrupt, since };
}

function unknownRun(id: string): Error {
  return nexusError('NOT_FOUND', `run ${id} is not known`);
}
