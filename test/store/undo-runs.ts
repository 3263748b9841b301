import { newId, workflowIdOf } from '#contracts';
import type { Effect, RunStatus } from '#contracts';
import { openStore } from '#store';
import type { NewRun, Store } from '#store';
import type { Provided } from './databases.js';

export const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
export const tenant = 'acme';

/** Told of a run: its position apart, what a reader is told of. */
export interface Told {
  readonly type: string;
  readonly path?: string | undefined;
  readonly data?: unknown;
}

/** A store with what the tests of rollbacks and approvals need of runs. */
export interface UndoRuns {
  readonly store: Store;
  readonly startRun: (status?: RunStatus, more?: Partial<NewRun>) => Promise<string>;
  readonly row: (runId: string) => Promise<Record<string, unknown>>;
  /** Events past a position; that they have no gaps is checked each time. */
  readonly told: (runId: string, after?: number) => Promise<Told[]>;
  readonly close: () => Promise<void>;
}

export async function openUndoRuns(provide: () => Promise<Provided>): Promise<UndoRuns> {
  const { options, release } = await provide();
  const store = await openStore(options);

  async function startRun(status: RunStatus = 'RUNNING', more: Partial<NewRun> = {}): Promise<string> {
    const id = newId('run');
    await store.runs.create(
      { id, tenant, workflowId: workflowIdOf(id), createdAt: at, bound: {}, ...more },
      [],
    );
    await store.runs.markDispatched(tenant, id, 'temporal-run');
    await store.record({ tenant, runId: id, events: [], tasks: [], run: { status, startedAt: at } });
    return id;
  }

  async function told(runId: string, after = 0): Promise<Told[]> {
    const events = await store.events.after(tenant, runId, after, 5000);
    events.forEach(({ position }, index) => {
      if (position !== after + index + 1) throw new Error(`event ${index} has position ${position}`);
    });
    return events.map(({ type, taskPath, data }) => ({
      type,
      ...(taskPath !== undefined && { path: taskPath }),
      ...(data !== undefined && { data }),
    }));
  }

  async function close(): Promise<void> {
    await store.close();
    await release();
  }

  return {
    store,
    startRun,
    row: async (runId) => ({ ...(await store.runs.get(tenant, runId)) }),
    told,
    close,
  };
}

export function effectOf(runId: string, path: string, more: Partial<Effect> = {}): Effect {
  return {
    tenant,
    runId,
    path,
    generation: 0,
    idempotencyKey: `key of ${path}`,
    tool: 'http.request',
    effect: 'keyed',
    input: { inline: { url: 'https://example.test' } },
    compensating: { type: 'call', tool: 'http.request', with: { method: 'DELETE' }, environment: {} },
    at,
    ...more,
  };
}

export const code = (expected: string) => ({ code: expected });
