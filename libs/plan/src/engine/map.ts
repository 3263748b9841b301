import type { Failure, StoredValue } from '#contracts';
import { inline, isRef } from '#contracts';
import type { MapSpec } from './bound-plan.js';
import { beginContainer } from './containers.js';
import type { Draft } from './draft.js';
import { countCall, forget, isStopped, nodeAt, openBodies, taskAt, use } from './draft.js';
import { emission } from './emission.js';
import { end, stopScope } from './end.js';
import { evaluateOrAsk } from './evaluate-or-ask.js';
import { indexOfBody } from './paths.js';
import type { EngineEvent, ItemResult, MapState } from './state.js';
import { wasCut } from './sub-plan.js';
import { itemSource } from './item-source.js';

/** Begins a map: its list first. */
export function openMap(draft: Draft, path: string, at: number): void {
  const { task, scope } = nodeAt(draft, path);
  const evaluation = evaluateOrAsk(draft, path, scope, 'over', (task.spec as MapSpec).over);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) return end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  const count = Array.isArray(evaluation.value) ? evaluation.value.length : undefined;
  enterMap(draft, path, at, inline(evaluation.value), count);
}

/** Begins with a list that is known; without a count it is none. */
export function enterMap(
  draft: Draft,
  path: string,
  at: number,
  over: StoredValue,
  count: number | undefined,
): void {
  if (count === undefined) {
    const given = isRef(over) ? 'no list' : `${JSON.stringify(over.inline).slice(0, 100)}, which is no list`;
    const error = { code: 'INVALID_INPUT', message: `\`over\` gives ${given}`, retryable: false };
    return end(draft, path, at, { status: 'FAILED', error });
  }
  beginContainer(draft, path, at, { map: { over, count, next: 0, open: [], succeeded: 0, failed: 0 } });
  draft.queue.push(path);
}

/** Opens as many items as may be under way, and ends the map when there are no more. */
export function considerItems(draft: Draft, path: string): void {
  const { task, scope } = nodeAt(draft, path);
  const spec = task.spec as MapSpec;
  const map = taskAt(draft, path).map;
  if (!map || draft.asks[path]) return;
  const stopped = isStopped(draft, scope) || map.failure !== undefined || spec.batch !== null;
  const room = stopped ? 0 : Math.max(0, Math.min(map.count - map.next, spec.concurrency - map.open.length));
  const items = Array.from({ length: room }, (_, n) => map.next + n);
  for (const item of items) {
    const body = `${path}[${item}]`;
    draft.scopes[body] = { left: spec.tasks.length };
    draft.queue.push(...(draft.index.scope(body)?.tasks ?? []));
  }
  const open = [...map.open, ...items];
  setMap(draft, path, { ...map, next: map.next + room, open });
  if (open.length === 0) draft.closing.push(path);
}

/** The end of an item that is a scope of its own. */
export function completeItem(draft: Draft, path: string, body: string, at: number): void {
  if (draft.asks[body]) return;
  const failure = draft.scopes[body]?.failure;
  if (wasCut(draft, body) && !failure) {
    return closeItem(draft, path, body, at, { status: 'CANCELLED', output: null, error: null });
  }
  if (failure) {
    return closeItem(draft, path, body, at, { status: 'FAILED', output: null, error: failure });
  }
  const evaluation = evaluateOrAsk(draft, body, body, 'item', itemSource(draft.index, body));
  if (evaluation === 'asked') return;
  settleItem(draft, body, at, 'error' in evaluation ? evaluation : { value: inline(evaluation.value) });
}

/** An item whose result is known, or cannot be had. */
export function settleItem(
  draft: Draft,
  body: string,
  at: number,
  result: { readonly value: StoredValue } | { readonly error: Failure },
): void {
  const path = body.slice(0, body.lastIndexOf('['));
  closeItem(
    draft,
    path,
    body,
    at,
    'error' in result
      ? { status: 'FAILED', output: null, error: result.error }
      : { status: 'SUCCEEDED', output: result.value, error: null },
  );
}

function closeItem(draft: Draft, path: string, body: string, at: number, result: ItemResult): void {
  const index = indexOfBody(body);
  forget(draft, body);
  draft.emissions.push({ items: { path, first: index, results: [result] } });
  countItems(draft, path, at, {
    first: index,
    succeeded: result.status === 'SUCCEEDED' ? 1 : 0,
    failed: result.status === 'FAILED' ? 1 : 0,
    error: result.error ?? undefined,
  });
}

/** A batch has been given out. */
export function itemsStarted(draft: Draft, { path, first }: EngineEvent & { type: 'items started' }): void {
  const map = taskAt(draft, path).map;
  const size = (nodeAt(draft, path).task.spec as MapSpec).batch ?? 1;
  if (!map || map.open.includes(first)) return;
  const open = [...map.open, first];
  const again = map.again?.filter((stretch) => stretch.first !== first);
  if (again && again.length !== map.again?.length) return setMap(draft, path, { ...map, open, again });
  const next = Math.min(map.count, Math.max(map.next, first + size));
  setMap(draft, path, { ...map, next, open });
}

/** A batch has come back; what became of its items is stored. */
export function itemsEnded(draft: Draft, event: EngineEvent & { type: 'items ended' }): void {
  if (!taskAt(draft, event.path).map?.open.includes(event.first)) return;
  use(draft, event.usage);
  for (const [call, times] of Object.entries(event.calls ?? {})) countCall(draft, call, times);
  const { started, ended, failed } = draft.counts;
  const done = event.succeeded + event.failed;
  draft.counts = { started: started + done, ended: ended + done, failed: failed + event.failed };
  giveBack(draft, event, done);
  countItems(draft, event.path, event.at, event);
}

/** What of a batch has not been begun is given out again, if the map goes on. */
function giveBack(
  draft: Draft,
  { path, first, left = 0 }: EngineEvent & { type: 'items ended' },
  done: number,
): void {
  const { map } = taskAt(draft, path);
  if (!map || left === 0) return;
  setMap(draft, path, { ...map, again: [...(map.again ?? []), { first: first + done, count: left }] });
}

function countItems(
  draft: Draft,
  path: string,
  at: number,
  done: {
    readonly first: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly error?: Failure | undefined;
    readonly failedAt?: number | undefined;
  },
): void {
  const map = taskAt(draft, path).map;
  if (!map) return;
  const { task } = nodeAt(draft, path);
  const spec = task.spec as MapSpec;
  const fails = spec.onItemError === 'fail' && !map.failure ? done.error : undefined;
  const failure: Failure | undefined = fails && {
    ...fails,
    taskPath: `${path}[${done.failedAt ?? done.first}]`,
  };
  const now: MapState = {
    ...map,
    open: map.open.filter((first) => first !== done.first),
    succeeded: map.succeeded + done.succeeded,
    failed: map.failed + done.failed,
    ...(failure ? { failure } : {}),
  };
  setMap(draft, path, now);
  if (fails) for (const body of openBodies(draft, path)) stopScope(draft, body, at);
  draft.queue.push(path);
  const ended = now.succeeded + now.failed;
  if (!isTold(ended, map.succeeded + map.failed, map.count)) return;
  draft.emissions.push(
    emission('task.progress', at, { taskPath: path, data: { done: ended, total: map.count } }),
  );
}

/** Readers hear of a hundred steps at most. */
function isTold(now: number, before: number, count: number): boolean {
  return now === count || Math.floor((now * 100) / count) > Math.floor((before * 100) / count);
}

/** The end of a map of which nothing is under way. */
export function completeMap(draft: Draft, path: string, at: number): void {
  const { map, status } = taskAt(draft, path);
  if (!map || status !== 'RUNNING' || map.open.length > 0 || draft.asks[path]) return;
  if (map.failure) return end(draft, path, at, { status: 'FAILED', error: map.failure, attempts: 1 });
  const done = map.succeeded + map.failed;
  if (done === map.count) {
    if (map.count > 0) draft.asks[path] = 'items';
    else finishMap(draft, path, at, inline({ items: [], succeeded: 0, failed: 0 }));
  } else if (isStopped(draft, nodeAt(draft, path).scope)) end(draft, path, at, { status: 'CANCELLED' });
}

/** A map whose results have been put together. */
export function finishMap(draft: Draft, path: string, at: number, output: StoredValue): void {
  end(draft, path, at, { status: 'SUCCEEDED', output, attempts: 1 });
}

function setMap(draft: Draft, path: string, map: MapState): void {
  draft.tasks[path] = { ...taskAt(draft, path), map };
}
