import type { ProviderV4 } from '@ai-sdk/provider';
import { generateText, jsonSchema, NoObjectGeneratedError, Output } from 'ai';
import type { ModelMessage } from 'ai';
import { z } from 'zod';
import { addUsage, nexusError, noUsage } from '#contracts';
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
 * Asks a model once. With an `output` schema the reply is read as JSON and checked; one that does not hold is sent
 * back once, with what is wrong with it, and a second one is INVALID_OUTPUT. An empty schema takes any JSON.
 */
export async function generateForTask(
  provider: ProviderV4,
  context: ModelTaskContext,
  spec: ModelTaskSpec,
  check: ReplyCheck = () => [],
): Promise<ModelTaskResult> {
  const { model, prompt, messages, output, ...settings } = readSpec(spec);
  const first: ModelMessage[] = messages ?? [{ role: 'user', content: prompt ?? '' }];
  const ask = (conversation: ModelMessage[]): Promise<Reply> =>
    askOnce(provider, context, { model, output, ...settings }, conversation);

  const reply = await ask(first);
  if (output === undefined) return resultOf(reply, reply.usage);
  const read = createStructuredReader(output, check);
  const object = await read(reply.text);
  if ('value' in object) return resultOf(reply, reply.usage, object.value);

  const again = await ask([
    ...first,
    { role: 'assistant', content: reply.text === '' ? '(nothing)' : reply.text },
    { role: 'user', content: repairRequest(object.faults) },
  ]);
  const usage = addUsage(reply.usage, again.usage);
  const repaired = await read(again.text);
  if ('value' in repaired) return resultOf(again, usage, repaired.value);
  throw nexusError('INVALID_OUTPUT', `the reply of ${model} cannot be used: ${repaired.faults.join('; ')}`, {
    hint: 'say in the prompt what is wanted, simplify the schema, or take a larger model',
  });
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
}

type CallSettings = Omit<z.output<typeof ModelTaskSpec>, 'prompt' | 'messages'>;

async function askOnce(
  provider: ProviderV4,
  { tenant, runId, taskPath, signal }: ModelTaskContext,
  { model, system, output, maxTokens, temperature, seed }: CallSettings,
  messages: ModelMessage[],
): Promise<Reply> {
  let reply: Reply = { text: '', finishReason: 'other', usage: noUsage };
  try {
    await generateText({
      model: provider.languageModel(model),
      // Whoever runs the task owns its retries; two of them multiply.
      maxRetries: 0,
      messages,
      allowSystemInMessages: true,
      providerOptions: { nexus: { tenant, runId, taskPath } },
      onStepEnd: ({ text, finishReason, usage, providerMetadata }) => {
        reply = { text, finishReason, usage: usageOf(usage, providerMetadata) };
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
