import type { NanoUsd, Pause, WaitReason } from '#contracts';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import type { NoWorker } from './no-worker.js';
import type { RunView } from './run-view.js';
import { foremost } from './wait-rank.js';

/** A run that waits in more tasks than these may show a lesser one of their waits. */
const waitsRead = 500;

/** The limits of a run, and what of them is used. */
export interface BudgetView {
  readonly limit: NanoUsd | null;
  readonly spent: NanoUsd;
  readonly reserved: NanoUsd;
  readonly maxTokens: number | null;
  readonly maxModelCalls: number | null;
  readonly deadline: number | null;
  readonly cheaper: boolean;
}

/** Why a run does not move: of several reasons the one that a person can do most about; of a paused one with how much is still at work, down to nothing. */
export async function waitingFor(
  { store }: CommandDeps,
  noWorker: NoWorker,
  { tenant }: CommandContext,
  run: RunView,
): Promise<WaitReason | null> {
  if (run.status === 'RUNNING' || run.status === 'WAITING') {
    const waits = [run.waitingFor, ...(await noWorker(tenant, run.id)).values()];
    return foremost(
      run.status === 'WAITING' ? [...waits, ...(await taskWaits(store, tenant, run.id))] : waits,
    );
  }
  if (run.status !== 'PAUSED' || run.waitingFor === null) return run.waitingFor;
  const { steps, agents } = await store.tasks.inFlight(tenant, run.id);
  return { ...run.waitingFor, inFlight: steps + agents };
}

/** What its tasks wait for, those first that a person decides about. */
async function taskWaits(store: CommandDeps['store'], tenant: string, runId: string): Promise<WaitReason[]> {
  const page = { after: null, except: [] };
  const [uncertain, waiting] = await Promise.all([
    store.tasks.page(tenant, runId, { ...page, first: 1, status: ['UNCERTAIN'] }),
    store.tasks.page(tenant, runId, { ...page, first: waitsRead, status: ['WAITING'] }),
  ]);
  return [...uncertain, ...waiting].flatMap(({ path, waiting: wait }) =>
    wait === null ? [] : [{ ...wait, detail: `${path}: ${wait.detail}` }],
  );
}

/** What holds the run, oldest first. */
export async function readPauses(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  run: RunView,
): Promise<Pause[]> {
  return run.finishedAt === null ? await store.pauses.of(tenant, run.id) : [];
}

/** The budget of a run, and what of it is used by the ledger, at one moment; null when it has no limits. */
export async function budgetOf(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  { row }: RunView,
): Promise<BudgetView | null> {
  if (row.budget === null) return null;
  const account = await store.ledger.ofRun(tenant, row.id);
  const { limitNanos = null, maxTokens = null, maxModelCalls = null, deadline = null } = row.budget;
  const { spentNanos: spent = 0, reservedNanos: reserved = 0 } = account ?? {};
  const { cheaper = false } = row.budget;
  return { limit: limitNanos, spent, reserved, maxTokens, maxModelCalls, deadline, cheaper };
}
