import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { newId, withSpent } from '#contracts';
import type { JsonValue, ValueRef } from '#contracts';
import type { ConversationStore } from '../conversation/conversation-store.js';
import { withReferencedValues } from '../conversation/referenced-values.js';
import type { LoadValue } from '../conversation/referenced-values.js';
import { openTurn } from '../conversation/turns.js';
import type { OpenTurn } from '../conversation/turns.js';
import { readCallOptions } from './call-options.js';
import { failureIn, runHop } from './hop.js';
import { cacheKey, fromCache } from './response-cache.js';
import type { ResponseCache } from './response-cache.js';
import { routeCall } from './route-call.js';
import type { PreparedCall, RoutedAttempt, RoutePorts } from './route-call.js';
import { slimReply } from './slim-reply.js';
import { isContent, partsOf } from './stream-parts.js';

/** What the model needs of the world. */
export interface ModelPorts extends RoutePorts {
  readonly conversations: ConversationStore;
  readonly loadValue: LoadValue;
  readonly cache: ResponseCache;
}

interface OpenCall extends PreparedCall {
  readonly open: OpenTurn | null;
}

/** A logical model: calls go to the deployments that the router chooses, until one answers. */
export function createNexusModel(modelId: string, ports: ModelPorts): LanguageModelV4 {
  /** The answer as it is given, and kept where the call belongs to a conversation or may be answered from a cache. */
  const finish = async (
    reply: LanguageModelV4GenerateResult,
    call: OpenCall,
    attempt: RoutedAttempt,
  ): Promise<LanguageModelV4GenerateResult> => {
    const turn = call.open === null ? {} : { turn: call.open.id };
    const slim = slimReply(reply, { call: call.id, ...attempt.account(), ...turn });
    const { tenant, cache } = call.nexus;
    if (cache !== undefined) {
      const key = cacheKey(tenant, modelId, call.prompt, call.options);
      await ports.cache.keep(tenant, key, slim as unknown as JsonValue, ports.now()).catch(() => undefined);
    }
    return call.open === null ? slim : call.open.close(slim);
  };

  /** What was said before to this very call. */
  const known = async (call: OpenCall): Promise<LanguageModelV4GenerateResult | null> => {
    if (call.open?.kept) return call.open.kept;
    const { tenant, cache } = call.nexus;
    if (cache === undefined) return null;
    const key = cacheKey(tenant, modelId, call.prompt, call.options);
    const found = await ports.cache.find(tenant, key, ports.now() - cache.ttlMs);
    if (found === null) return null;
    const reply = fromCache(found);
    return call.open === null ? reply : call.open.close(reply);
  };

  const keptWhenFailed = async (attempt: RoutedAttempt, error: unknown): Promise<never> => {
    await attempt.keep('FAILED', error);
    throw withSpent(error, attempt.spent());
  };

  return {
    specificationVersion: 'v4',
    provider: 'nexus',
    modelId,
    supportedUrls: {},
    doGenerate: async (options) => {
      const call = await prepare(modelId, options, ports);
      const before = await known(call);
      if (before !== null) return before;
      const attempt = await routeCall(ports, call);
      const reply = await attempt
        .untilAnswered((hop) => drained(runHop(ports, hop)))
        .catch((error: unknown) => keptWhenFailed(attempt, error));
      await attempt.keep('ANSWERED');
      return finish(reply, call, attempt);
    },
    doStream: async (options) => {
      const call = await prepare(modelId, options, ports);
      const before = await known(call);
      if (before !== null) return { stream: streamOf(partsOf(before)) };
      const attempt = await routeCall(ports, call);
      // Another deployment may take over until something of the answer has been shown.
      const begun = await attempt
        .untilAnswered((hop) => untilContent(runHop(ports, hop)))
        .catch((error: unknown) => keptWhenFailed(attempt, error));
      async function* passOn(): AsyncGenerator<LanguageModelV4StreamPart> {
        try {
          yield* begun.parts;
          const reply = begun.reply ?? (yield* begun.rest);
          await attempt.keep('ANSWERED');
          const { usage, finishReason, providerMetadata } = await finish(reply, call, attempt);
          yield { type: 'finish', usage, finishReason, ...(providerMetadata && { providerMetadata }) };
        } catch (error) {
          const failure = failureIn(error)?.error ?? error;
          await attempt.keep('FAILED', failure);
          throw failure;
        } finally {
          await begun.rest.return(undefined as never);
        }
      }
      return { stream: streamOf(passOn()) };
    },
  };
}

type Parts = ReturnType<typeof runHop>;

async function drained(parts: Parts): Promise<LanguageModelV4GenerateResult> {
  for (;;) {
    const { done, value } = await parts.next();
    if (done) return value;
  }
}

interface Begun {
  readonly parts: readonly LanguageModelV4StreamPart[];
  readonly rest: Parts;
  /** Set when nothing of content came before the end. */
  readonly reply: LanguageModelV4GenerateResult | null;
}

async function untilContent(rest: Parts): Promise<Begun> {
  const parts: LanguageModelV4StreamPart[] = [];
  for (;;) {
    const { done, value } = await rest.next();
    if (done) return { parts, rest, reply: value };
    parts.push(value);
    if (isContent(value)) return { parts, rest, reply: null };
  }
}

/** Reads whose call it is, and the whole prompt: what was kept of the conversation, and the values referred to. */
async function prepare(
  model: string,
  options: LanguageModelV4CallOptions,
  ports: ModelPorts,
): Promise<OpenCall> {
  const nexus = readCallOptions(options.providerOptions);
  const { tenant, runId, conversation } = nexus;
  const open =
    conversation === undefined || runId === null
      ? null
      : await openTurn(
          ports.conversations,
          { tenant, runId, id: conversation.id },
          conversation.after,
          options.prompt,
        );
  const load = (value: ValueRef): Promise<JsonValue> => ports.loadValue(tenant, value);
  const prompt = await withReferencedValues(open?.prompt ?? options.prompt, load);
  return { id: newId('call'), model, nexus, options, prompt, turn: open?.index ?? null, open };
}

function streamOf(
  parts: Iterable<LanguageModelV4StreamPart> | AsyncIterable<LanguageModelV4StreamPart>,
): ReadableStream<LanguageModelV4StreamPart> {
  return ReadableStream.from<LanguageModelV4StreamPart>(parts);
}
