import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { JsonValue, ValueRef } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';
import type { ConversationStore } from '../conversation/conversation-store.js';
import { withReferencedValues } from '../conversation/referenced-values.js';
import type { LoadValue } from '../conversation/referenced-values.js';
import { openTurn } from '../conversation/turns.js';
import type { OpenTurn } from '../conversation/turns.js';
import { classifyModelError } from '../failure/classify.js';
import { failedFinish } from '../failure/finish.js';
import { readCallOptions } from './call-options.js';
import type { NexusCallOptions } from './call-options.js';
import { recordOf } from './call-record.js';
import type { AnsweredCall, ModelCallRecord } from './call-record.js';
import { firstToAnswer } from './failover.js';
import { providerCall } from './provider-options.js';
import { slimReply } from './slim-reply.js';
import { gatherContent, partsOf } from './stream-parts.js';
import { watchCall } from './watch.js';
import type { CallTimeouts, CallWatch } from './watch.js';

/** Asked before every call: throws when the call may not start, and gives the signal that cuts it. */
export type CallGuard = (call: NexusCallOptions & { readonly model: string }) => Promise<AbortSignal>;

/** What the model needs of the world. */
export interface ModelPorts {
  readonly adapter: (to: Deployment) => LanguageModelV4;
  readonly callLog: (call: ModelCallRecord) => Promise<void>;
  readonly conversations: ConversationStore;
  readonly loadValue: LoadValue;
  readonly guard: CallGuard;
  readonly redact: (text: string) => string;
  readonly timeouts: CallTimeouts;
  readonly now: () => number;
}

/** A call on its way to one deployment. */
interface Dispatch {
  readonly to: Deployment;
  readonly nexus: NexusCallOptions;
  readonly turn: OpenTurn | null;
  readonly options: LanguageModelV4CallOptions;
  readonly watch: CallWatch;
  readonly startedAt: number;
}

type FinishPart = Extract<LanguageModelV4StreamPart, { type: 'finish' }>;
type Answer = Pick<LanguageModelV4GenerateResult, 'usage' | 'finishReason'>;

/** A logical model: calls go to the first of its deployments that answers. */
export function createNexusModel(
  modelId: string,
  deployments: () => readonly Deployment[],
  ports: ModelPorts,
): LanguageModelV4 {
  const dispatchTo = async (
    kind: 'whole' | 'stream',
    to: Deployment,
    { nexus, turn, prompt, options }: PreparedCall,
  ): Promise<Dispatch> => {
    const stop = await ports.guard({ ...nexus, model: modelId });
    const watch = watchCall(to.id, kind, ports.timeouts, [options.abortSignal, stop]);
    const call = providerCall(options, prompt, { to, signal: watch.signal, turn: turn !== null });
    return { to, nexus, turn, options: call, watch, startedAt: ports.now() };
  };

  const failureOfCall = (error: unknown, { to, watch }: Dispatch): unknown =>
    watch.cut() ?? classifyModelError(error, { deployment: to, redact: ports.redact, now: ports.now });

  /** Bills what was answered, then refuses answers that are of no use. */
  const settle = async (
    answer: Answer,
    { to, nexus, startedAt, options }: Dispatch,
  ): Promise<ModelCallRecord> => {
    const call: AnsweredCall = { ...answer, nexus, deployment: to, startedAt, endedAt: ports.now() };
    const record = recordOf(call);
    await ports.callLog(record);
    const { outputTokens } = record;
    const failed = failedFinish(
      answer.finishReason,
      { outputTokens, maxOutputTokens: options.maxOutputTokens },
      to,
    );
    if (failed !== null) throw failed;
    return record;
  };

  const finish = async (
    reply: LanguageModelV4GenerateResult,
    dispatch: Dispatch,
  ): Promise<LanguageModelV4GenerateResult> => {
    const record = await settle(reply, dispatch);
    const slim = slimReply(reply, record, dispatch.turn?.id ?? null);
    return dispatch.turn === null ? slim : dispatch.turn.close(slim);
  };

  const generate = async (dispatch: Dispatch): Promise<LanguageModelV4GenerateResult> => {
    const ask = async (): Promise<LanguageModelV4GenerateResult> => {
      try {
        return await ports.adapter(dispatch.to).doGenerate(dispatch.options);
      } catch (error) {
        throw failureOfCall(error, dispatch);
      } finally {
        dispatch.watch.stop();
      }
    };
    return finish(await ask(), dispatch);
  };

  /** Passes a stream on; one that does not end properly ends in an error, not in silence. */
  async function* passOn(source: AsyncIterable<LanguageModelV4StreamPart>, dispatch: Dispatch) {
    const gathered = gatherContent();
    let end: FinishPart | null = null;
    try {
      for await (const part of source) {
        dispatch.watch.partArrived();
        if (part.type === 'error') throw part.error;
        if (part.type === 'finish') {
          end = part;
          break;
        }
        gathered.add(part);
        yield part.type === 'stream-start' ? { ...part, warnings: [] } : part;
      }
    } catch (error) {
      throw failureOfCall(error, dispatch);
    } finally {
      dispatch.watch.stop();
    }
    if (end === null) {
      throw nexusError('PROVIDER_UNAVAILABLE', `${dispatch.to.id}: the stream ended without a finish`, {
        retryable: true,
      });
    }
    const { type: _type, ...answer } = end;
    const kept = await finish({ ...answer, content: gathered.content(), warnings: [] }, dispatch);
    yield { ...end, ...(kept.providerMetadata && { providerMetadata: kept.providerMetadata }) };
  }

  return {
    specificationVersion: 'v4',
    provider: 'nexus',
    modelId,
    supportedUrls: {},
    doGenerate: async (options) => {
      const call = await prepare(options, ports);
      if (call.turn?.kept) return call.turn.kept;
      return firstToAnswer(deployments(), async (to) => generate(await dispatchTo('whole', to, call)));
    },
    doStream: async (options) => {
      const call = await prepare(options, ports);
      if (call.turn?.kept) return { stream: streamOf(partsOf(call.turn.kept)) };
      return firstToAnswer(deployments(), async (to) => {
        const dispatch = await dispatchTo('stream', to, call);
        try {
          const { stream } = await ports.adapter(to).doStream(dispatch.options);
          return { stream: streamOf(passOn(stream, dispatch)) };
        } catch (error) {
          dispatch.watch.stop();
          throw failureOfCall(error, dispatch);
        }
      });
    },
  };
}

interface PreparedCall {
  readonly nexus: NexusCallOptions;
  readonly turn: OpenTurn | null;
  readonly prompt: LanguageModelV4Prompt;
  readonly options: LanguageModelV4CallOptions;
}

/** Reads whose call it is, and the whole prompt: what was kept of the conversation, and the values referred to. */
async function prepare(options: LanguageModelV4CallOptions, ports: ModelPorts): Promise<PreparedCall> {
  const nexus = readCallOptions(options.providerOptions);
  const { tenant, runId, conversation } = nexus;
  const turn =
    conversation === undefined || runId === null
      ? null
      : await openTurn(
          ports.conversations,
          { tenant, runId, id: conversation.id },
          conversation.after,
          options.prompt,
        );
  const load = (value: ValueRef): Promise<JsonValue> => ports.loadValue(tenant, value);
  return { nexus, turn, prompt: await withReferencedValues(turn?.prompt ?? options.prompt, load), options };
}

function streamOf(
  parts: Iterable<LanguageModelV4StreamPart> | AsyncIterable<LanguageModelV4StreamPart>,
): ReadableStream<LanguageModelV4StreamPart> {
  return ReadableStream.from<LanguageModelV4StreamPart>(parts);
}
