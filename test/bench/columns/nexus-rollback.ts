import { setTimeout as wait } from 'node:timers/promises';
import { workflowIdOf, type JsonObject, type JsonValue, type Tool, type ToolContext } from '#contracts';
import { context, type NexusHost } from './nexus-host.js';
import type { RollbackLoad, RollbackSeen } from './column.js';

/** One compensation, between two moments of the clock of all that this process undoes. */
interface Undone {
  readonly runId: string;
  readonly chain: number;
  readonly link: number;
  readonly began: number;
  readonly ended: number;
}

/** Tools that make and undo nothing, and what was undone when. */
export interface UndoLog {
  readonly tools: readonly Tool[];
  of(runId: string): readonly Undone[];
}

export function createUndoLog(): UndoLog {
  const undone: Undone[] = [];
  let clock = 0;
  const tool = (name: string, run: Tool['run']): Tool => ({
    name,
    description: 'makes or undoes an effect for a benchmark',
    inputSchema: { type: 'object' },
    effect: 'keyed',
    expectedMs: 1,
    run,
  });
  async function unmake(input: JsonValue, { runId, signal }: ToolContext): Promise<JsonValue> {
    const { chain, link, ms } = input as { chain: number; link: number; ms: number };
    const began = ++clock;
    if (ms > 0) await wait(ms, undefined, { signal });
    undone.push({ runId, chain, link, began, ended: ++clock });
    return null;
  }
  return {
    tools: [tool('make', async (input) => input), tool('unmake', unmake)],
    of: (runId) => undone.filter((one) => one.runId === runId),
  };
}

/** Makes the effects, each link of a chain on the one before it, then has them rolled back. */
export async function rollBackEffects(
  host: NexusHost,
  log: UndoLog,
  { chains, links, ms }: RollbackLoad,
): Promise<RollbackSeen> {
  const runId = await host.begin(chainsPlan(chains, links, ms), {});
  await host.result(runId);
  const startedAt = performance.now();
  const { userErrors } = await host.commands.rollbackRun(context, { id: runId, reason: 'the benchmark' });
  if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
  const answeredMs = performance.now() - startedAt;
  // Not by asking for the run again and again: an embedded database would do little else.
  const handle = host.client.workflow.getHandle(workflowIdOf(runId));
  await handle.result();
  const seconds = (performance.now() - startedAt) / 1000;
  const undone = log.of(runId);
  const run = await host.store.runs.get(context.tenant, runId);
  if (run?.status !== 'ROLLED_BACK') throw new Error(`${runId} is ${run?.status}, not ROLLED_BACK`);
  const historyEvents = (await handle.fetchHistory()).events?.length ?? 0;
  return { seconds, answeredMs, undone: undone.length, outOfOrder: outOfOrder(undone), historyEvents };
}

/** Compensations that began before the one of the effect that rested on theirs had ended, or came twice. */
function outOfOrder(undone: readonly Undone[]): number {
  const seen = new Map(undone.map((one) => [`${one.chain} ${one.link}`, one]));
  const tooEarly = undone.filter(({ chain, link, began }) => {
    const resting = seen.get(`${chain} ${link + 1}`);
    return resting !== undefined && resting.ended > began;
  });
  return tooEarly.length + undone.length - seen.size;
}

function chainsPlan(chains: number, links: number, ms: number): JsonObject {
  const tasks = Array.from({ length: chains * links }, (_, nth) => {
    const [chain, link] = [nth % chains, Math.floor(nth / chains)];
    return {
      id: `c${chain}-${link}`,
      kind: 'tool',
      tool: 'make',
      needs: link === 0 ? [] : [`c${chain}-${link - 1}`],
      with: { chain, link, ms },
      compensate: { tool: 'unmake', with: { chain, link, ms } },
    };
  });
  return { name: 'rollback', tasks };
}
