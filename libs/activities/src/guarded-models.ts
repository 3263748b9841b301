import type { LanguageModelV4, LanguageModelV4CallOptions, ProviderV4 } from '@ai-sdk/provider';
import { ApplicationFailure } from '@temporalio/common';
import type { Failure } from '#contracts';
import type { Reach } from './kill-switch.js';
import { anySignal } from './named-signals.js';
import type { StopList } from './stop-list.js';

/**
 * The models of agents, which no call reaches while its run is paused or something of it is switched off. A call
 * under way is cut then. The workflow knows by the code that it may ask again later.
 */
export function guardModels(provider: ProviderV4, stops: StopList): ProviderV4 {
  return {
    ...provider,
    languageModel: (modelId) => guarded(provider.languageModel(modelId), modelId, stops),
  };
}

function guarded(model: LanguageModelV4, modelId: string, stops: StopList): LanguageModelV4 {
  return {
    ...model,
    doGenerate: (options) => whileAllowed(stops, modelId, options, (allowed) => model.doGenerate(allowed)),
    doStream: (options) => whileAllowed(stops, modelId, options, (allowed) => model.doStream(allowed)),
  };
}

async function whileAllowed<T>(
  stops: StopList,
  model: string,
  options: LanguageModelV4CallOptions,
  call: (allowed: LanguageModelV4CallOptions) => PromiseLike<T>,
): Promise<T> {
  const { tenant, runId, agent } = callerOf(options);
  const reach: Reach = { tenant, model, agent };
  await stops.fresh();
  if (stops.isHeld(tenant, runId)) await stops.refresh();
  const cut = stops.cutSignal(runId);
  const interrupt = stops.interruptSignal(tenant, runId);
  const switchedOff = new AbortController();
  const refusal = (): Failure | null => {
    const detail = stops.blocked(reach);
    if (cut.aborted) return failure('CANCELLED', 'the run is being stopped');
    if (detail !== undefined) return failure('KILL_SWITCH', detail);
    return null;
  };
  const before = refusal() ?? (stops.isHeld(tenant, runId) ? failure('PAUSED', 'the run is paused') : null);
  if (before) throw applicationFailure(before);
  const unwatch = stops.watch(() => {
    if (stops.blocked(reach) !== undefined) switchedOff.abort();
  });
  const signals = [cut, interrupt, switchedOff.signal, ...(options.abortSignal ? [options.abortSignal] : [])];
  try {
    return await call({ ...options, abortSignal: anySignal(...signals) });
  } catch (error) {
    const why = refusal() ?? (interrupt.aborted ? failure('PAUSED', 'the run was paused meanwhile') : null);
    throw why ? applicationFailure(why) : error;
  } finally {
    unwatch();
  }
}

/** Whose call it is, as the agents' workflows say it. */
function callerOf({ providerOptions }: LanguageModelV4CallOptions) {
  const { tenant = '', runId = '' } = (providerOptions?.['nexus'] ?? {}) as Partial<Record<string, string>>;
  const { agent } = (providerOptions?.['guard'] ?? {}) as Partial<Record<string, string>>;
  return { tenant, runId, agent };
}

function failure(code: string, message: string): Failure {
  return { code, message, retryable: false };
}

function applicationFailure(details: Failure): ApplicationFailure {
  const { code: type, message } = details;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
}
