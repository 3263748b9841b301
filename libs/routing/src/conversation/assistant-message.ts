import type { LanguageModelV4Content, LanguageModelV4Message } from '@ai-sdk/provider';

type AssistantMessage = Extract<LanguageModelV4Message, { role: 'assistant' }>;
type AssistantPart = AssistantMessage['content'][number];

/** A reply as the assistant's message in the prompts of later turns. */
export function assistantMessage(content: readonly LanguageModelV4Content[]): AssistantMessage {
  return { role: 'assistant', content: content.flatMap((part) => promptPart(part)) };
}

function promptPart(part: LanguageModelV4Content): AssistantPart[] {
  const carried = part.providerMetadata === undefined ? {} : { providerOptions: part.providerMetadata };
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...carried }];
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...carried }];
    case 'tool-call':
      return [
        {
          type: 'tool-call',
          toolCallId: part.toolCallId,
          toolName: part.toolName,
          input: toolInput(part.input),
          ...(part.providerExecuted === undefined ? {} : { providerExecuted: part.providerExecuted }),
          ...carried,
        },
      ];
    // Sources and files that a provider adds are for people; no provider takes them back.
    default:
      return [];
  }
}

/** Providers want an object; a call that was not JSON is answered by an error, and only its place has to be kept. */
function toolInput(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return {};
  }
}
