import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { type AbortableStream, abortableStream, createWake } from './event-stream.js';
import { RunFilter } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { runView, type RunView } from './run-view.js';
import { matchesFilter } from './run-filter.js';

export const RunsChangedInput = z.strictObject({ filter: RunFilter.nullish() });

/** Changes of one run within this time are told once. */
const quietMs = 50;
const backstopMs = 10_000;

/** Runs as they change, those that pass the filter; a run that changes often is told of as it is then. */
export function streamChangedRuns(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): AbortableStream<RunView> {
  const { filter } = parseInput(RunsChangedInput, input);
  return abortableStream((signal) => changedRuns(deps, context.tenant, filter ?? {}, signal));
}

async function* changedRuns(
  { store, workflows, now }: CommandDeps,
  tenant: string,
  filter: RunFilter,
  signal: AbortSignal,
): AsyncGenerator<RunView, void> {
  const wake = createWake(signal);
  /** When each run that changed is due. A later change does not put it off, or a busy run would never be told. */
  const due = new Map<string, number>();
  const unsubscribe = store.changes.subscribe((change) => {
    if (change.tenant !== tenant || due.has(change.runId)) return;
    due.set(change.runId, performance.now() + quietMs);
    wake.now();
  });
  try {
    while (!signal.aborted) {
      const [next] = due;
      const wait = next === undefined ? backstopMs : next[1] - performance.now();
      if (next === undefined || wait > 0) {
        await wake.within(wait);
        continue;
      }
      // Forgotten before it is read: a change that comes meanwhile is told of as well.
      due.delete(next[0]);
      const row = await store.runs.get(tenant, next[0]);
      if (row && matchesFilter(row, filter)) yield runView(row, workflows, now());
    }
  } finally {
    unsubscribe();
  }
}
