import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider';

/** Of English; other languages and code have fewer, which the router's margin covers. */
const charactersPerToken = 4;
/** What providers count for a picture of usual size. */
const tokensPerFile = 1_500;
const tokensPerMessage = 4;

/** How many tokens a text has, roughly. */
export function tokensOfText(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** How many tokens a prompt has, roughly: no provider's own count is at hand before the call. */
export function tokensOfPrompt(prompt: LanguageModelV4Prompt): number {
  let tokens = 0;
  for (const { content } of prompt) {
    tokens += tokensPerMessage;
    if (typeof content === 'string') tokens += tokensOfText(content.length);
    else for (const part of content) tokens += tokensOfPart(part);
  }
  return tokens;
}

/** With what is sent beside the messages: tools and the wanted form of the answer. */
export function tokensOfCall(
  prompt: LanguageModelV4Prompt,
  { tools = [], responseFormat }: LanguageModelV4CallOptions,
): number {
  const beside = [...tools, ...(responseFormat?.type === 'json' ? [responseFormat.schema ?? {}] : [])];
  return tokensOfPrompt(prompt) + beside.reduce<number>((sum, each) => sum + sizeOf(each), 0);
}

function tokensOfPart(part: Exclude<LanguageModelV4Prompt[number]['content'], string>[number]): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return tokensOfText(part.text.length);
    case 'file':
      return tokensPerFile;
    case 'tool-call':
      return sizeOf(part.input);
    case 'tool-result':
      return sizeOf(part.output);
    default:
      return 0;
  }
}

function sizeOf(value: unknown): number {
  return tokensOfText((JSON.stringify(value) ?? '').length);
}
