import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { mendedJson } from '../task/mended-json.js';

/** A tool's input that is almost JSON is mended here; what cannot be is for the model to hear of. */
export function withMendedToolCalls(reply: LanguageModelV4GenerateResult): LanguageModelV4GenerateResult {
  // What was cut short would be mended into something that nobody has said.
  if (reply.finishReason.unified === 'length') return reply;
  const content = reply.content.map((part) => {
    if (part.type !== 'tool-call' || part.input === '' || isJson(part.input)) return part;
    const mended = mendedJson(part.input);
    return mended === null ? part : { ...part, input: JSON.stringify(mended.value) };
  });
  return { ...reply, content };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
