import type { RunRecord } from '#contracts';
import { approvalId, inlineLimitBytes } from '#contracts';
import type { BoundPlan } from '#plan';
import type { Store } from '#store';

/** Questions come first: whoever reads that a run waits for a person finds what is asked. */
export async function keepApprovals(store: Store, { tenant, runId, approvals }: RunRecord): Promise<void> {
  if (approvals) await store.approvals.apply(tenant, runId, approvals);
}

/** Asks whether a plan should run; the answer may be another plan. */
export async function askForPlan(
  store: Store,
  { tenant, runId, bound }: { readonly tenant: string; readonly runId: string; readonly bound: BoundPlan },
): Promise<void> {
  const at = Date.now();
  const run = await store.runs.get(tenant, runId);
  const question = `Run the plan ${bound.name}, of ${bound.tasks.length} tasks?`;
  const known = { plan: run?.plan ?? null, goal: run?.goal ?? null, estimate: run?.estimate ?? null };
  const context = await store.values.put(tenant, runId, undefined, known, inlineLimitBytes);
  const answerSchema = { type: 'object', description: 'The plan to run instead, whole' };
  const id = approvalId(runId, '', 'plan.1');
  const request = { id, kind: 'PLAN', question, context, answerSchema, quorum: 1, requestedAt: at } as const;
  await store.approvals.apply(tenant, runId, [{ type: 'request', request }]);
  const waiting = { kind: 'APPROVAL', detail: question, since: new Date(at).toISOString() } as const;
  await store.record({
    tenant,
    runId,
    once: 'plan-question',
    events: [
      { type: 'approval.requested', at, data: { id, kind: 'PLAN', question } },
      { type: 'run.waiting', at, data: { wait: waiting } },
    ],
    tasks: [],
    run: { status: 'WAITING', waiting },
  });
}
