import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { JsonValue, ValueRef } from '#contracts';

/** Loads a value that is kept outside history. */
export type LoadValue = (tenant: string, value: ValueRef) => Promise<JsonValue>;

/** The most of one value that a model is shown; the whole of it stays with its task. */
export const valueLimitChars = 64_000;

type Load = (value: ValueRef) => Promise<JsonValue>;

/**
 * Puts in the values that the prompt only refers to, by `providerOptions.nexus.value` of a text or a tool's result,
 * and cuts those that are too long to be read. Only workflows write these options: what a tool or a person says
 * cannot name another value to be read.
 */
export async function withReferencedValues(
  prompt: LanguageModelV4Prompt,
  load: Load,
): Promise<LanguageModelV4Prompt> {
  return Promise.all(prompt.map((message) => withValues(message, load)));
}

async function withValues(message: LanguageModelV4Message, load: Load): Promise<LanguageModelV4Message> {
  if (message.role === 'user') {
    const content = message.content.map(async (part) => (part.type === 'text' ? withText(part, load) : part));
    return { ...message, content: await Promise.all(content) };
  }
  if (message.role === 'tool') {
    const content = message.content.map(async (part) =>
      part.type === 'tool-result' ? withResult(part, load) : part,
    );
    return { ...message, content: await Promise.all(content) };
  }
  return message;
}

async function withText(part: LanguageModelV4TextPart, load: Load): Promise<LanguageModelV4TextPart> {
  const { reference, bare } = referenceOf(part);
  if (reference === undefined) return bare;
  const value = await load(reference);
  return { ...bare, text: cut(typeof value === 'string' ? value : JSON.stringify(value, null, 2)) };
}

async function withResult(
  part: LanguageModelV4ToolResultPart,
  load: Load,
): Promise<LanguageModelV4ToolResultPart> {
  const { reference, bare } = referenceOf(part);
  const output =
    reference === undefined ? part.output : { type: 'json' as const, value: await load(reference) };
  return { ...bare, output: cutOutput(output) };
}

function referenceOf<T extends { providerOptions?: SharedV4ProviderOptions }>(
  part: T,
): { reference: ValueRef | undefined; bare: T } {
  const { providerOptions: { nexus, ...others } = {}, ...rest } = part;
  const bare = Object.keys(others).length === 0 ? rest : { ...rest, providerOptions: others };
  return { reference: nexus?.['value'] as unknown as ValueRef | undefined, bare: bare as T };
}

function cutOutput(output: LanguageModelV4ToolResultPart['output']): LanguageModelV4ToolResultPart['output'] {
  if (output.type !== 'json' && output.type !== 'text') return output;
  const text = output.type === 'text' ? output.value : JSON.stringify(output.value);
  return text.length <= valueLimitChars ? output : { type: 'text', value: cut(text) };
}

function cut(text: string): string {
  if (text.length <= valueLimitChars) return text;
  return `${text.slice(0, valueLimitChars)}\n[cut here: ${valueLimitChars} of ${text.length} characters are shown]`;
}
