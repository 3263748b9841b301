import type { ProviderV4 } from '@ai-sdk/provider';
import { generateText, jsonSchema, NoObjectGeneratedError, Output } from 'ai';
import type { ModelMessage } from 'ai';
import { z } from 'zod';
import { addUsage, isNexusError, nexusError, noUsage, spentOf, withSpent } from '#contracts';
import type { JsonSchema, JsonValue, Usage } from '#contracts';
import { usageOf } from './call-usage.js';
import { createStructuredReader } from './structured-reply.js';

/** Text as a person or an expression gives it; what is not text is shown as JSON. */
const Text = z.json().transform((value) => (typeof value === 'string' ? value : JSON.stringify(value)));

/** What a task of kind `model` asks, its expressions evaluated. */
export const ModelTaskSpec = z
  .strictObject({
    model: z.string().min(1),
    prompt: Text.optional(),
    messages: z
      .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: Text }))
      .min(1)
      .optional(),
    system: Text.optional(),
    output: z.record(z.string(), z.json()).optional(),
    maxTokens: z.int().min(1).optional(),
    temperature: z.number().min(0).max(2).optional(),
    seed: z.int().optional(),
    /** An equal call of the tenant was answered within that time: its answer will do. */
    cache: z.strictObject({ ttlMs: z.int().positive() }).optional(),
  })
  .refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), {
    error: 'give either prompt or messages',
  });
export type ModelTaskSpec = z.input<typeof ModelTaskSpec>;

/** Whose task it is, and the signal that ends it. */
export interface ModelTaskContext {
  readonly tenant: string;
  readonly runId: string | null;
  readonly taskPath: string | null;
  readonly signal?: AbortSignal | undefined;
  /** Which attempt of the task this is, from 1. */
  readonly attempt?: number | undefined;
  /** Names the attempt where the same one may be made again. */
  readonly key?: string | undefined;
  /** False: a second answer of no use is the last word. */
  readonly asksElsewhere?: boolean | undefined;
}

export interface ModelTaskResult {
  readonly output: {
    readonly text: string;
    readonly object?: JsonValue;
    readonly finishReason: string;
  };
  readonly usage: Usage;
}

/** What a reply has against it that its schema cannot say. */
export type ReplyCheck = (value: JsonValue) => readonly string[] | Promise<readonly string[]>;

/**
 * Asks a model once. With an `output` schema the reply is read as JSON, mended if need be, and checked; one that does
 * not hold is sent back once, with what is wrong with it. After a second one another deployment is asked, if there is
 * one and the caller wants that, and then it is INVALID_OUTPUT. An empty schema takes any JSON.
 */
export async function generateForTask(
  provider: ProviderV4,
  context: ModelTaskContext,
  spec: ModelTaskSpec,
  check: ReplyCheck = () => [],
): Promise<ModelTaskResult> {
  const { model, prompt, messages, output, ...settings } = readSpec(spec);
  const first: ModelMessage[] = messages ?? [{ role: 'user', content: prompt ?? '' }];
  const settingsOfCall = { model, output, ...settings };
  let spent = noUsage;
  const ask = async (
    conversation: ModelMessage[],
    nth: number,
    avoid: readonly string[] = [],
  ): Promise<Reply> => {
    try {
      const reply = await askOnce(provider, { ...context, nth, avoid }, settingsOfCall, conversation);
      spent = addUsage(spent, reply.usage);
      return reply;
    } catch (error) {
      spent = addUsage(spent, spentOf(error) ?? noUsage);
      throw withSpent(error, spent);
    }
  };

  const reply = await ask(first, 1);
  if (output === undefined) return resultOf(reply, reply.usage);
  const read = createStructuredReader(output, check);
  const object = await read(reply.text);
  if ('value' in object) return resultOf(reply, reply.usage, object.value);

  const said = { role: 'assistant', content: reply.text === '' ? '(nothing)' : reply.text } as const;
  const again = await ask([...first, said, { role: 'user', content: repairRequest(object.faults) }], 2);
  const repaired = await read(again.text);
  if ('value' in repaired) return resultOf(again, spent, repaired.value);

  const { asksElsewhere = true } = context;
  const elsewhere = asksElsewhere
    ? await ask(first, 3, [reply.deployment, again.deployment]).catch(nobodyElse)
    : null;
  const other = elsewhere === null ? repaired : await read(elsewhere.text);
  if (elsewhere !== null && 'value' in other) return resultOf(elsewhere, spent, other.value);
  const unusable = `the reply of ${model} cannot be used: ${repaired.faults.join('; ')}`;
  const hint = 'say in the prompt what is wanted, simplify the schema, or take a larger model';
  throw withSpent(nexusError('INVALID_OUTPUT', unusable, { hint }), spent);
}

/** There is no other deployment, or it is of no use either: what was wrong before is what is told. */
function nobodyElse(error: unknown): null {
  if (isNexusError(error) && error.code !== 'CANCELLED') return null;
  throw error;
}

function readSpec(spec: ModelTaskSpec): z.output<typeof ModelTaskSpec> {
  const read = ModelTaskSpec.safeParse(spec);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.') || 'task'}: ${message}`);
  throw nexusError('INVALID_INPUT', `the model task is not valid: ${faults.join('; ')}`);
}

interface Reply {
  readonly text: string;
  readonly finishReason: string;
  readonly usage: Usage;
  readonly deployment: string;
}

/** A task asks at most so often in one attempt. */
const asksInAttempt = 3;

type CallSettings = Omit<z.output<typeof ModelTaskSpec>, 'prompt' | 'messages'>;

async function askOnce(
  provider: ProviderV4,
  context: ModelTaskContext & { readonly nth: number; readonly avoid: readonly string[] },
  { model, system, output, maxTokens, temperature, seed, cache }: CallSettings,
  messages: ModelMessage[],
): Promise<Reply> {
  const { tenant, runId, taskPath, signal, attempt = 1, key, nth, avoid } = context;
  const nexus = {
    tenant,
    runId,
    taskPath,
    attempt: (attempt - 1) * asksInAttempt + nth,
    ...(key === undefined ? {} : { key: `${key}/${nth}` }),
    ...(avoid.length === 0 ? {} : { avoid: [...avoid] }),
    // An answer that is of no use is not to be had again.
    ...(cache === undefined || nth > 1 ? {} : { cache }),
  };
  let reply: Reply = { text: '', finishReason: 'other', usage: noUsage, deployment: '' };
  try {
    await generateText({
      model: provider.languageModel(model),
      // Whoever runs the task owns its retries; two of them multiply.
      maxRetries: 0,
      messages,
      allowSystemInMessages: true,
      providerOptions: { nexus },
      onStepEnd: ({ text, finishReason, usage, providerMetadata }) => {
        const { deployment = '' } = (providerMetadata?.['nexus'] ?? {}) as { deployment?: string };
        reply = { text, finishReason, usage: usageOf(usage, providerMetadata), deployment };
      },
      ...(system === undefined ? {} : { instructions: system }),
      ...(output === undefined ? {} : { output: outputOf(output) }),
      ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(seed === undefined ? {} : { seed }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
  } catch (error) {
    // The reply arrived and is billed; it is read, and if need be repaired, by the caller.
    if (!NoObjectGeneratedError.isInstance(error)) throw error;
  }
  return reply;
}

function outputOf(schema: JsonSchema) {
  return Object.keys(schema).length === 0 ? Output.json() : Output.object({ schema: jsonSchema(schema) });
}

function repairRequest(faults: readonly string[]): string {
  return [
    'Your reply cannot be used:',
    ...faults.map((fault) => `- ${fault}`),
    'Reply again with the corrected JSON only, without any other text.',
  ].join('\n');
}

function resultOf({ text, finishReason }: Reply, usage: Usage, object?: JsonValue): ModelTaskResult {
  return { output: { text, ...(object === undefined ? {} : { object }), finishReason }, usage };
}
