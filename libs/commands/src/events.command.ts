import { nexusError, runEnded, type RunEvent } from '#contracts';
import { plantedBug } from '#failpoints';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { badCursor, connection, type Connection } from './connection.js';
import { type AbortableStream, abortableStream, createWake } from './event-stream.js';
import { Id, pageFields } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { findRun } from './read-runs.command.js';

export const ReadEventsInput = z.strictObject({ runId: Id, ...pageFields(100) });
export const RunEventsInput = z.strictObject({ runId: Id, after: z.string().max(4_000).nullish() });

/** An event as every door shows it. */
export interface EventView {
  readonly cursor: string;
  readonly type: string;
  readonly at: number;
  readonly taskPath: string | null;
  readonly data: RunEvent['data'] | null;
}

const batchSize = 500;
/** A change is told of at once; this is for the one that is not. */
const pollMs = 500;

/** A page of a run's events, oldest first. */
export async function readEvents(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<Connection<EventView>> {
  const { runId, first, after } = parseInput(ReadEventsInput, input);
  const position = positionOf(after);
  const events = await deps.store.events.after(context.tenant, runId, position, first + 1);
  const views = events.slice(0, first).map(eventView);
  return connection(views, ({ cursor }) => cursor, { next: events.length > first, previous: position > 0 });
}

/**
 * A run's events after the cursor, past ones and then live ones, each once and in order, up to the end of the
 * run. The cursor is the position that the database gave out, so a stream can go on at any server, at any time.
 */
export async function streamRunEvents(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<AbortableStream<EventView>> {
  const { runId, after } = parseInput(RunEventsInput, input);
  const position = positionOf(after ?? null);
  if (!(await findRun(deps, context, runId))) {
    throw nexusError('NOT_FOUND', `run ${runId} is not known`, { hint: 'list runs with the query `runs`' });
  }
  return abortableStream((signal) => eventsFrom(deps, context.tenant, runId, position, signal));
}

async function* eventsFrom(
  { store }: CommandDeps,
  tenant: string,
  runId: string,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<EventView, void> {
  const wake = createWake(signal);
  const unsubscribe = store.changes.subscribe((change) => {
    if (change.runId === runId) wake.now();
  });
  try {
    for (let position = start; !signal.aborted;) {
      // Asked before the events are: an end seen here has its events in what is read next.
      const run = await store.runs.get(tenant, runId);
      const ended = run === null || runEnded(run.status);
      const events = await store.events.after(tenant, runId, position, batchSize);
      for (const event of events) yield eventView(event);
      position = events.at(-1)?.position ?? position;
      if (events.length === batchSize) continue;
      if (ended) return;
      await wake.within(pollMs);
    }
  } finally {
    unsubscribe();
  }
}

function eventView(event: RunEvent): EventView {
  return {
    cursor: String(event.position),
    type: event.type,
    at: event.at,
    taskPath: event.taskPath ?? null,
    data: event.data ?? null,
  };
}

function positionOf(cursor: string | null): number {
  if (cursor === null) return 0;
  if (!/^\d{1,15}$/.test(cursor)) throw badCursor(cursor);
  return Number(cursor) - (plantedBug('cursor-off-by-one') ? 1 : 0);
}
