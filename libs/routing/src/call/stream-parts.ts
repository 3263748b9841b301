import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';

/** Gathers the parts of a stream into the content of a reply, in the order in which they began. */
export function gatherContent(): {
  readonly add: (part: LanguageModelV4StreamPart) => void;
  readonly reply: () => Pick<LanguageModelV4GenerateResult, 'content' | 'response'>;
} {
  const content: LanguageModelV4Content[] = [];
  let response: NonNullable<LanguageModelV4GenerateResult['response']> = {};
  const blocks = new Map<string, { type: 'text' | 'reasoning'; text: string }>();
  return {
    add: (part) => {
      switch (part.type) {
        case 'text-start':
        case 'reasoning-start': {
          const block = {
            type: part.type === 'text-start' ? ('text' as const) : ('reasoning' as const),
            text: '',
          };
          blocks.set(part.id, block);
          content.push(Object.assign(block, metadataOf(part)));
          return;
        }
        case 'text-delta':
        case 'reasoning-delta':
        case 'text-end':
        case 'reasoning-end': {
          const block = blocks.get(part.id);
          if (block === undefined) return;
          if ('delta' in part) block.text += part.delta;
          Object.assign(block, metadataOf(part));
          return;
        }
        case 'tool-call':
        case 'tool-result':
        case 'tool-approval-request':
        case 'file':
        case 'reasoning-file':
        case 'source':
          content.push(part);
          return;
        case 'custom':
          // Anthropic's adapter tells of a message's beginning so; a reply that comes in one piece has no such part.
          if (part.kind !== 'anthropic.message_start') content.push(part);
          return;
        case 'response-metadata': {
          const { type: _type, ...metadata } = part;
          response = { ...response, ...metadata };
          return;
        }
        default:
      }
    },
    reply: () => ({ content, response }),
  };
}

/** Parts that come before the answer begins, or that frame it. */
const framing: readonly LanguageModelV4StreamPart['type'][] = [
  'stream-start',
  'response-metadata',
  'raw',
  'custom',
  'finish',
  'error',
];

/** Whether a part is one of the answer itself. */
export function isContent({ type }: LanguageModelV4StreamPart): boolean {
  return !framing.includes(type);
}

function metadataOf({ providerMetadata }: { providerMetadata?: LanguageModelV4Content['providerMetadata'] }) {
  return providerMetadata === undefined ? {} : { providerMetadata };
}

/** A reply as the stream that it would have come by. */
export function* partsOf(reply: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: reply.warnings };
  for (const [index, part] of reply.content.entries()) {
    const id = String(index);
    if (part.type === 'text' || part.type === 'reasoning') {
      yield { type: `${part.type}-start`, id, ...metadataOf(part) };
      yield { type: `${part.type}-delta`, id, delta: part.text };
      yield { type: `${part.type}-end`, id };
    } else {
      yield part;
    }
  }
  const { usage, finishReason, providerMetadata } = reply;
  yield {
    type: 'finish',
    usage,
    finishReason,
    ...(providerMetadata === undefined ? {} : { providerMetadata }),
  };
}
