import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { JsonValue, ValueRef } from '#contracts';

/** Loads a value that is kept outside history. */
export type LoadValue = (tenant: string, value: ValueRef) => Promise<JsonValue>;

/** The most of one tool's result that a model is shown; the whole of it stays with the task. */
export const toolResultLimitChars = 64_000;

/** Puts in the results of tools that the prompt only refers to, and cuts those that are too long to be read. */
export async function withToolValues(
  prompt: LanguageModelV4Prompt,
  load: (value: ValueRef) => Promise<JsonValue>,
): Promise<LanguageModelV4Prompt> {
  return Promise.all(prompt.map((message) => withValues(message, load)));
}

async function withValues(
  message: LanguageModelV4Message,
  load: (value: ValueRef) => Promise<JsonValue>,
): Promise<LanguageModelV4Message> {
  if (message.role !== 'tool') return message;
  const content = await Promise.all(
    message.content.map(async (part) => {
      if (part.type !== 'tool-result') return part;
      const { providerOptions: { nexus, ...others } = {}, ...bare } = part;
      const plain = Object.keys(others).length === 0 ? bare : { ...bare, providerOptions: others };
      // Only the workflow writes these options: a tool's own output cannot name another value to be read.
      const reference = nexus?.['value'] as unknown as ValueRef | undefined;
      if (reference === undefined) return { ...plain, output: cut(part.output) };
      return { ...plain, output: cut({ type: 'json', value: await load(reference) }) };
    }),
  );
  return { ...message, content };
}

function cut(output: LanguageModelV4ToolResultPart['output']): LanguageModelV4ToolResultPart['output'] {
  if (output.type !== 'json' && output.type !== 'text') return output;
  const text = output.type === 'text' ? output.value : JSON.stringify(output.value);
  if (text.length <= toolResultLimitChars) return output;
  const note = `[cut here: ${toolResultLimitChars} of ${text.length} characters are shown]`;
  return { type: 'text', value: `${text.slice(0, toolResultLimitChars)}\n${note}` };
}
