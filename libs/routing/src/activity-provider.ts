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
    doGenerate: (options) => whileBeating(model, () => model.doGenerate(withCancellation(options))),
    doStream: async (options) => {
      const result = await whileBeating(model, () => model.doStream(withCancellation(options)));
      const stream = ReadableStream.from<LanguageModelV4StreamPart>(beatingStream(model, result.stream));
      return { ...result, stream };
    },
  };
}

function withCancellation(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const { cancellationSignal } = Context.current();
  const signals = [cancellationSignal, ...(options.abortSignal === undefined ? [] : [options.abortSignal])];
  return { ...options, abortSignal: AbortSignal.any(signals) };
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
    // What nobody foresaw, such as a lost database, may be gone at the next attempt.
    nonRetryable: isNexusError(error) && !failure.retryable,
    details: [failure],
    ...(failure.retryAfterMs === undefined ? {} : { nextRetryDelay: failure.retryAfterMs }),
  });
}
