import type { EngineEvent } from '#plan';
import { advance, engineVersion, fingerprintOf, isContainer, isPartOf, nodeOf, planIndex } from '#plan';
import type { Store } from '#store';
import type { CloseSegmentInput, SegmentResult } from '#workflows';
import { isUnkeyed, uncertain } from './lost-step.js';
import type { PlanCache } from './plan-cache.js';
import { createSegmentWriter } from './segment-writer.js';

/** An event that ends a segment from outside; marked in the journal alone. */
type Closing = EngineEvent & { readonly closing: true };

/**
 * Ends a segment that no worker could end: what it has journalled counts, nobody writes to it any more, and the
 * failure is that of the steps that ran last or, when none did, of those that could not even begin. Of a run that is
 * cancelled, what ran was cut, and the rest is the engine's to end.
 */
export async function closeSegment(
  deps: { readonly store: Store; readonly plans: PlanCache },
  input: CloseSegmentInput,
  temporalRunId: string,
): Promise<SegmentResult> {
  const { tenant, runId, path: container, segment, failure, slice } = input;
  const plan = await deps.plans.get(tenant, runId, container, input.planOfGoal);
  const { node } = planIndex(plan);
  const { epoch, journal } = await deps.store.segments.open({
    tenant,
    runId,
    segmentId: segment,
    temporalRunId,
    engineVersion: String(engineVersion),
    closing: true,
  });
  const writer = createSegmentWriter(deps.store, input, epoch);
  const events = journal as unknown as EngineEvent[];
  const { state } = advance(plan, slice, events);
  const at = Date.now();
  const index = planIndex(plan);
  const members = new Set(slice.only);
  const steps = [...new Set([...members, ...Object.keys(state.tasks)])].filter(
    (path) => isPartOf(index, members, path) && !isContainer(nodeOf(index, path).task),
  );
  // A second attempt at closing finds what the first has written.
  const isClosed = events.some((event) => 'closing' in event);
  const inState = (status: string) => steps.filter((path) => state.tasks[path]?.status === status);
  const ran = inState('RUNNING');
  const isCancelled = failure.code === 'CANCELLED';
  const toEnd = isClosed ? [] : ran.length > 0 || isCancelled ? ran : inState('READY');
  const last = toEnd.map((path): Closing => {
    const step = { path, spec: node(path)?.task.spec, attempts: state.tasks[path]?.attempts ?? 1 };
    if (ran.length > 0 && isUnkeyed(step.spec))
      return { ...uncertain(step, at, 'its worker was lost while it ran'), closing: true };
    if (isCancelled) return { type: 'cut', path, at, attempts: step.attempts, closing: true };
    return {
      type: 'failed',
      path,
      at,
      attempts: step.attempts,
      error: { ...failure, retryable: false },
      closing: true,
    };
  });
  const ended = advance(plan, state, last);
  writer.note(last, ended.emissions);
  await writer.write();
  return { events: [...events, ...last], fingerprint: fingerprintOf(ended.state), at };
}
