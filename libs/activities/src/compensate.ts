import type { Failure, JsonValue, KeptEffect, StoredValue, Tool, ToolContext } from '#contracts';
import { failureOf, isNexusError, nexusError } from '#contracts';
import { failpoint } from '#failpoints';
import type { BoundRetry, Undoing } from '#plan';
import { retryDelay, undoCall, undoReads } from '#plan';
import type { Store } from '#store';
import type { ToolRegistry } from '#tools';
import { isStoreAway } from './evaluation.js';
import { compensationKey } from './idempotency-key.js';
import { createOutputStream } from './output-stream.js';
import { limitTime } from './time-limit.js';

export interface CompensateDeps {
  readonly store: Store;
  readonly tools: ToolRegistry;
}

/** A tool that undoes itself is given as long as any attempt is. */
const undoTimeoutMs = 600_000;
const defaultRetry: BoundRetry = {
  maxAttempts: 3,
  initialMs: 1_000,
  factor: 2,
  maxMs: 30_000,
  on: ['TIMEOUT', 'TOOL_FAILED', 'PROVIDER_UNAVAILABLE'],
};

/** What would be called to undo an effect, with all that it reads. */
async function undoing(store: Store, effect: KeptEffect): Promise<Undoing> {
  const values = new Map<StoredValue, JsonValue>();
  for (const value of undoReads(effect)) values.set(value, await store.values.load(effect.tenant, value));
  return undoCall(effect, (value) => values.get(value) ?? null);
}

export type Compensated =
  | { readonly state: 'COMPENSATED'; readonly attempts: number }
  | { readonly state: 'FAILED'; readonly attempts: number; readonly error: Failure }
  /** It was told to stop; it is done again later, by the same key. */
  | { readonly state: 'STOPPED' };

/**
 * Undoes one effect, trying again as its policy says, as long as it may: asked before each further try. Throws only when
 * the store does not answer.
 */
export async function compensate(
  deps: CompensateDeps,
  effect: KeptEffect,
  begunBefore: boolean,
  { stop, mayGoOn }: { readonly stop: AbortSignal; readonly mayGoOn: () => Promise<boolean> },
): Promise<Compensated> {
  const { compensating } = effect;
  const tool = compensating && deps.tools.get(compensating.tool);
  if (begunBefore && tool?.effect === 'unkeyed') return { state: 'FAILED', attempts: 1, error: untold(tool) };
  const call = compensating?.type === 'call' ? compensating : undefined;
  const retry = (call?.retry as unknown as BoundRetry | undefined) ?? defaultRetry;
  for (let attempt = 1; ; attempt++) {
    const error = await tryOnce(deps, effect, attempt, call?.timeoutMs ?? undoTimeoutMs, stop);
    if (error === null) return { state: 'COMPENSATED', attempts: attempt };
    const isOpen = tool?.effect === 'unkeyed' && !error.noEffect;
    if (isOpen) return { state: 'FAILED', attempts: attempt, error };
    if (stop.aborted) return { state: 'STOPPED' };
    const delay = retryDelay(retry, attempt, error, Date.now());
    if (delay === null) return { state: 'FAILED', attempts: attempt, error };
    if (!(await wait(delay, stop)) || !(await mayGoOn())) return { state: 'STOPPED' };
  }
}

/** It takes no key, so it is not called twice: a person has to look. */
function untold({ name }: Tool): Failure {
  const message = `${name} takes no idempotency key, and its worker was lost while it ran: it may have been done`;
  return {
    code: 'TOOL_FAILED',
    message,
    retryable: false,
    hint: 'Look, then mark it as done or try it again.',
  };
}

async function tryOnce(
  deps: CompensateDeps,
  effect: KeptEffect,
  attempt: number,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<Failure | null> {
  const limit = limitTime(stop, Date.now(), timeoutMs, undefined);
  const { tenant, runId, path } = effect;
  const stream = createOutputStream(deps.store, { tenant, runId, path });
  try {
    const { tool: name, input, undoes } = await undoing(deps.store, effect);
    const tool = toolOf(deps.tools, name);
    const { store } = deps;
    const context: ToolContext = {
      tenant,
      runId,
      taskPath: path,
      attempt,
      idempotencyKey: compensationKey(effect),
      signal: limit.signal,
      output: stream.output,
      progress: stream.progress,
      artefact: async ({ name: title, mediaType, content }) => {
        const bytes = typeof content === 'string' ? Buffer.from(content) : content;
        const kept = { tenant, runId, taskPath: path, name: title, mediaType, content: bytes };
        return (await store.artefacts.put({ ...kept, internal: false })).id;
      },
    };
    limit.signal.throwIfAborted();
    failpoint('compensation.before');
    await limit.race(undoes ? undoOf(tool).run(input, context) : tool.run(input, context));
    failpoint('compensation.after');
    return null;
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
    if (limit.failure()) return limit.failure() ?? null;
    if (isNexusError(thrown)) return failureOf(thrown);
    return { ...failureOf(thrown), code: 'TOOL_FAILED', retryable: true };
  } finally {
    limit.end();
    await stream.end();
  }
}

function toolOf(tools: ToolRegistry, name: string): Tool {
  const tool = tools.get(name);
  if (tool) return tool;
  throw nexusError('INVALID_INPUT', `this worker has no tool ${name}`, {
    hint: 'Start the workers with the same NEXUS_TOOLS as the API.',
  });
}

function undoOf(tool: Tool): NonNullable<Tool['undo']> {
  if (tool.undo) return tool.undo;
  throw nexusError('INVALID_INPUT', `this worker's ${tool.name} does not know how to undo what it did`);
}

async function wait(ms: number, stop: AbortSignal): Promise<boolean> {
  if (stop.aborted) return false;
  return new Promise((resolve) => {
    const stopped = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      stop.removeEventListener('abort', stopped);
      resolve(true);
    }, ms);
    stop.addEventListener('abort', stopped, { once: true });
  });
}
