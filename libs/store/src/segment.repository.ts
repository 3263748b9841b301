import { nexusError } from '#contracts';
import { plantedBug } from '#failpoints';
import type { JsonValue } from '#contracts';
import type { Database, Statement } from './database.js';

export interface SegmentOpening {
  readonly tenant: string;
  readonly runId: string;
  readonly segmentId: string;
  readonly temporalRunId: string;
  /** Of the engine that will read the journal: another than wrote it could read it wrongly. */
  readonly engineVersion: string;
  /** Nobody may open it after this, but to close it, in the same Temporal run. */
  readonly closing?: boolean | undefined;
}

export interface SegmentRepository {
  /**
   * Takes the segment over, unless it was closed or its run was killed: what earlier openings still write is refused. Gives what this
   * Temporal run has journalled.
   */
  open(opening: SegmentOpening): Promise<{ epoch: number; journal: JsonValue[] }>;
}

// The engine's version stays that of the first opening by this Temporal run: a reset begins anew.
const openSegment: Statement = {
  name: 'open_segment',
  text: `
insert into segment as s (run_id, id, tenant, epoch, temporal_run_id, engine_version, closed)
select $1, $2, $3, 1, $4, $5, $6
where not exists (select from run r where r.id = $1 and r.status = 'KILLED')
on conflict (run_id, id) do update set
  epoch = s.epoch + 1,
  closed = excluded.closed,
  temporal_run_id = excluded.temporal_run_id,
  engine_version = case when s.temporal_run_id = excluded.temporal_run_id then s.engine_version
    else excluded.engine_version end
where s.tenant = excluded.tenant
  and (excluded.closed or not s.closed or s.temporal_run_id <> excluded.temporal_run_id)
returning epoch, engine_version as "engineVersion"`,
};

const readJournal: Statement = {
  name: 'read_journal',
  text: `select entries from journal where run_id = $1 and segment_id = $2 and temporal_run_id = $3 order by seq`,
};

export function createSegmentRepository(database: Database): SegmentRepository {
  async function open(given: SegmentOpening): Promise<{ epoch: number; journal: JsonValue[] }> {
    const { tenant, runId, segmentId, temporalRunId, engineVersion, closing = false } = given;
    const [opened] = await database.call<{ epoch: number; engineVersion: string }>(openSegment, [
      runId,
      segmentId,
      tenant,
      temporalRunId,
      engineVersion,
      closing,
    ]);
    if (opened === undefined)
      throw nexusError(
        'NOT_FOUND',
        `segment ${segmentId} of ${runId} is not this tenant's, or was closed, or its run was killed`,
      );
    if (opened.epoch === 1) return { epoch: 1, journal: [] };
    // Only now, in a statement of its own: it sees what a stale writer has committed before the epoch rose.
    const rows = await database.call<{ entries: JsonValue[] }>(readJournal, [
      runId,
      segmentId,
      temporalRunId,
    ]);
    const journal = rows.flatMap(({ entries }) => entries);
    if (opened.engineVersion !== engineVersion) await adopt(given, opened.engineVersion, journal.length);
    if (plantedBug('no-epoch-fence')) return { epoch: await lower(given), journal };
    return { epoch: opened.epoch, journal };
  }

  /** The planted bug: an epoch that never rises refuses nobody. */
  async function lower({ runId, segmentId }: SegmentOpening): Promise<number> {
    const segment = database.kysely.updateTable('segment').set({ epoch: 1 });
    await segment.where('run_id', '=', runId).where('id', '=', segmentId).execute();
    return 1;
  }

  /** An engine may take over from another version only what that has not begun. */
  async function adopt(given: SegmentOpening, writtenBy: string, entries: number): Promise<void> {
    const { runId, segmentId, engineVersion } = given;
    if (entries > 0) {
      throw nexusError(
        'FAILED_PRECONDITION',
        `segment ${segmentId} of ${runId} has ${entries} journal entries of engine ${writtenBy}; this is ${engineVersion}`,
        { retryable: true, hint: `A worker with engine ${writtenBy} must finish this segment.` },
      );
    }
    await database.kysely
      .updateTable('segment')
      .set({ engine_version: engineVersion })
      .where('run_id', '=', runId)
      .where('id', '=', segmentId)
      .execute();
  }

  return { open };
}
