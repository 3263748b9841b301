import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  ProviderV4,
} from '@ai-sdk/provider';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { failureOf, isNexusError } from '#contracts';

/**
 * The provider for Temporal's AI SDK plugin, whose activity calls the model and does nothing else. In an activity
 * it heartbeats, ends with the activity's cancellation, and fails as Temporal's retry policy understands it. Our own
 * activities, which do all that for themselves, take the plain provider.
 */
export function createActivityProvider(provider: ProviderV4): ProviderV4 {
  return { ...provider, languageModel: (modelId) => activityModel(provider.languageModel(modelId)) };
}

function activityModel(model: LanguageModelV4): LanguageModelV4 {
  return {
    ...model,
    doGenerate: (options) => whileBeating(model, () => model.doGenerate(inActivity(options))),
    doStream: async (options) => {
      const result = await whileBeating(model, () => model.doStream(inActivity(options)));
      const stream = ReadableStream.from<LanguageModelV4StreamPart>(beatingStream(model, result.stream));
      return { ...result, stream };
    },
  };
}

/** The call as one of the activity's: named by it, and ended with it. */
function inActivity(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const { cancellationSignal, info } = Context.current();
  const signals = [cancellationSignal, ...(options.abortSignal === undefined ? [] : [options.abortSignal])];
  const { workflowExecution, activityId, attempt } = info;
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  const { nexus, ...others } = options.providerOptions ?? {};
  const key = `${workflowId}/${runId}/${activityId}/${attempt}`;
  return {
    ...options,
    ...(nexus === undefined ? {} : { providerOptions: { ...others, nexus: { key, attempt, ...nexus } } }),
    abortSignal: AbortSignal.any(signals),
  };
}

async function whileBeating<T>(model: LanguageModelV4, call: () => PromiseLike<T>): Promise<T> {
  const stop = beat(model);
  try {
    return await call();
  } catch (error) {
    throw await activityFailure(error);
  } finally {
    stop();
  }
}

async function* beatingStream<T>(model: LanguageModelV4, source: AsyncIterable<T>): AsyncGenerator<T> {
  const stop = beat(model);
  try {
    yield* source;
  } catch (error) {
    throw await activityFailure(error);
  } finally {
    stop();
  }
}

/** An activity learns that it is cancelled from the answer to a beat. */
const cancelNoticeMs = 500;

function beat({ modelId }: LanguageModelV4): () => void {
  const context = Context.current();
  const timeoutMs = context.info.heartbeatTimeoutMs ?? 0;
  if (timeoutMs <= 0) return () => {};
  const every = Math.min(timeoutMs / 2, cancelNoticeMs);
  const timer = setInterval(() => context.heartbeat({ model: modelId }), every);
  return () => clearInterval(timer);
}

/** The failure's code becomes the type that retry policies and workflows tell apart. */
async function activityFailure(error: unknown): Promise<ApplicationFailure> {
  const { cancellationSignal, cancelled } = Context.current();
  // Rejects at once, with what Temporal expects of a cancelled activity.
  if (cancellationSignal.aborted) await cancelled;
  const failure = failureOf(error);
  return ApplicationFailure.create({
    message: failure.message,
    type: failure.code,
    // What nobody foresaw, such as a lost database, may be gone at the next attempt. What is to be waited for is for
    // the workflow, whose timer costs no worker anything: an attempt would be wasted on it.
    nonRetryable: isNexusError(error) && (!failure.retryable || failure.wait !== undefined),
    details: [failure],
    ...(failure.retryAfterMs === undefined ? {} : { nextRetryDelay: failure.retryAfterMs }),
  });
}
