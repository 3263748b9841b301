import { runEnded } from '#contracts';
import type { NewRunEvent, TaskPatch } from '#contracts';
import type { Database, Statement } from './database.js';
import { jsonText, timeText } from './json-text.js';
import type { RecordUnit } from './record-unit.js';

/** What became of a unit; `position` is the run's last one before it. */
export interface UnitResult {
  readonly verdict: 'accepted' | 'duplicate' | 'stale' | 'unknown';
  readonly position: number;
}

const recordUnits: Statement = {
  name: 'record_units_3',
  text: `select n, verdict, "position" from record_units_3($1::text::json, $2::text::json, $3::text::json)`,
};

/** Writes units of different runs in one statement; the results are in the order of the units. */
export async function writeUnits(database: Database, units: readonly RecordUnit[]): Promise<UnitResult[]> {
  const rows = await database.call<UnitResult & { n: number }>(recordUnits, [
    jsonText(units.map((unit, index) => unitRow(unit, index + 1))),
    jsonText(
      units.flatMap((unit, index) =>
        [...unit.tasks.values()].map((patch) => taskRow(unit, index + 1, patch)),
      ),
    ),
    jsonText(
      units.flatMap((unit, index) =>
        unit.events.map((event, nth) => eventRow(unit, index + 1, event, nth + 1)),
      ),
    ),
  ]);
  const results: UnitResult[] = [];
  for (const { n, verdict, position } of rows) results[n - 1] = { verdict, position };
  return results;
}

function unitRow(unit: RecordUnit, n: number): object {
  const { run } = unit;
  return {
    n,
    run_id: unit.runId,
    tenant: unit.tenant,
    once: unit.once,
    segment: unit.segment?.id,
    epoch: unit.segment?.epoch,
    journal: unit.journal.length === 0 ? undefined : unit.journal,
    events: unit.events.length,
    ...(run && {
      status: run.status,
      ends: run.status !== undefined && runEnded(run.status),
      waiting: run.waiting,
      clear_waiting: run.waiting === null,
      finished_at: time(run.finishedAt),
      output: run.output,
      error: run.error,
      usage: run.usage,
      started_at: time(run.startedAt),
      temporal_run_id: run.temporalRunId,
      dispatched_at: time(run.dispatchedAt),
    }),
  };
}

const clearable = {
  title: 'title',
  waiting: 'waiting',
  input: 'input',
  output: 'output',
  error: 'error',
  finishedAt: 'finished_at',
} as const;

function taskRow(unit: RecordUnit, n: number, patch: TaskPatch): object {
  const cleared = Object.entries(clearable).flatMap(([field, column]) =>
    patch[field as keyof typeof clearable] === null ? [column] : [],
  );
  return {
    n,
    run_id: unit.runId,
    tenant: unit.tenant,
    path: patch.path,
    kind: patch.kind,
    title: patch.title,
    status: patch.status,
    waiting: patch.waiting,
    input: patch.input,
    output: patch.output,
    error: patch.error,
    usage: patch.usage,
    attempts:
      patch.attempts && Object.fromEntries(patch.attempts.map((attempt) => [attempt.number, attempt])),
    agent: patch.agent,
    tool: patch.tool,
    workflow_id: patch.workflowId,
    started_at: time(patch.startedAt),
    finished_at: time(patch.finishedAt),
    // Null does not travel: the database reads a null field as an absent one.
    clear: cleared.length === 0 ? undefined : cleared,
  };
}

function eventRow(unit: RecordUnit, n: number, event: NewRunEvent, nth: number): object {
  return {
    n,
    nth,
    run_id: unit.runId,
    tenant: unit.tenant,
    type: event.type,
    at: timeText(event.at),
    task_path: event.taskPath,
    data: event.data,
  };
}

function time(ms: number | null | undefined): string | undefined {
  return ms == null ? undefined : timeText(ms);
}
