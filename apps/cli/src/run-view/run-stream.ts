import { setTimeout as wait } from 'node:timers/promises';
import { nexusError, runEnded } from '#contracts';
import type { JsonObject, RunStatus } from '#contracts';
import { operation } from '../api-client.js';
import type { ApiClient } from '../api-client.js';
import { runNotFound } from './run-details.js';

/** One event of a run as the API gives it. */
export interface EventView {
  readonly cursor: string;
  readonly type: string;
  readonly at: string;
  readonly taskPath: string | null;
  readonly data: JsonObject | null;
}

export const RunEventsSubscription = operation<
  { runEvents: EventView },
  { runId: string; after: string | null }
>(/* GraphQL */ `
  subscription RunEvents($runId: ID!, $after: String) {
    runEvents(runId: $runId, after: $after) {
      cursor
      type
      at
      taskPath
      data
    }
  }
`);

export const RunStatusQuery = operation<{ run: { status: RunStatus } | null }, { id: string }>(/* GraphQL */ `
  query RunStatus($id: ID!) {
    run(id: $id) {
      status
    }
  }
`);

export interface RunStreamOptions {
  readonly after?: string | null | undefined;
  readonly signal: AbortSignal;
  /** Told once when the connection is lost, and once when it is back. */
  readonly onConnection?: ((state: 'lost' | 'back') => void) | undefined;
  /** How long the API may be away before this gives up. */
  readonly patienceMs?: number | undefined;
}

const firstRetryMs = 200;
const longestRetryMs = 3_000;
const defaultPatienceMs = 5 * 60_000;

/**
 * The events of a run from a cursor on, past and live, until the run has ended. A lost connection is taken
 * up again after the last event seen, so that none is lost and none comes twice.
 */
export async function* runStream(
  api: ApiClient,
  runId: string,
  options: RunStreamOptions,
): AsyncGenerator<EventView> {
  const { signal, onConnection, patienceMs = defaultPatienceMs } = options;
  let after = options.after ?? null;
  let lostAt: number | null = null;
  let retryMs = firstRetryMs;

  while (!signal.aborted) {
    try {
      for await (const { runEvents: event } of api.subscribe(
        RunEventsSubscription,
        { runId, after },
        signal,
      )) {
        if (lostAt !== null) onConnection?.('back');
        lostAt = null;
        retryMs = firstRetryMs;
        after = event.cursor;
        yield event;
      }
      if (signal.aborted) return;
      // A stream also completes when the server drains, so only the run says whether it has ended.
      const { run } = await api.request(RunStatusQuery, { id: runId });
      if (!run) throw runNotFound(runId, api.url);
      if (runEnded(run.status)) return;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (lostAt === null) onConnection?.('lost');
      lostAt ??= Date.now();
      if (Date.now() - lostAt > patienceMs) throw givenUp(runId, api.url, patienceMs, error);
    }
    await wait(retryMs, undefined, { signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, longestRetryMs);
  }
}

function isRetryable(error: unknown): boolean {
  return (error as { failure?: { retryable?: boolean } } | null)?.failure?.retryable === true;
}

function givenUp(runId: string, url: string, patienceMs: number, cause: unknown) {
  return nexusError(
    'UNAVAILABLE',
    `no Nexus answered at ${url} for ${patienceMs / 1_000} s; run ${runId} itself goes on`,
    {
      hint: `once it is back: nexus watch ${runId}`,
      cause,
    },
  );
}
