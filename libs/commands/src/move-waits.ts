import type { WaitReason } from '#contracts';
import type { TaskRow } from '#store';
import type { CommandDeps } from './command-deps.js';

const atOnce = 200;

/**
 * Says anew until when tasks wait that stood still while the run was held: what was left of their time then is left now.
 * Before the workflow hears that it may go on, so that none of them can end meanwhile.
 */
export async function moveWaits(
  { store }: Pick<CommandDeps, 'store'>,
  run: { readonly tenant: string; readonly runId: string },
  held: { readonly from: number; readonly until: number },
): Promise<void> {
  const { tenant, runId } = run;
  for (let after: string | null = null, more = true; more;) {
    const rows: TaskRow[] = await store.tasks.page(tenant, runId, {
      first: atOnce,
      after,
      except: [],
      status: ['WAITING', 'PAUSED'],
    });
    const moved = rows.flatMap(({ path, kind, waiting }) => {
      const later = waiting && movedWait(waiting, held);
      return later ? [{ path, kind, waiting: later }] : [];
    });
    if (moved.length > 0) {
      const events = moved.map(({ path, waiting }) => ({
        type: 'task.waiting' as const,
        at: held.until,
        taskPath: path,
        data: { wait: { ...waiting } as never },
      }));
      await store.record({ tenant, runId, events, tasks: moved });
    }
    after = rows.at(-1)?.path ?? null;
    more = rows.length === atOnce;
  }
}

/** Null when it waits for no moment. */
export function movedWait(
  wait: WaitReason,
  { from, until: at }: { readonly from: number; readonly until: number },
): WaitReason | null {
  if (wait.until === undefined) return null;
  const held = at - Math.max(from, Date.parse(wait.since));
  if (!(held > 0)) return null;
  const until = new Date(Date.parse(wait.until) + held).toISOString();
  return { ...wait, detail: wait.detail.replaceAll(wait.until, until), until };
}
