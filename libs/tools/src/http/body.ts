import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { JsonValue } from '#contracts';
import { nexusError } from '#contracts';
import { textOf } from '../files/text.js';

/** The largest reply that is read, after decompression. */
export const maxReplyBytes = 16 * 1024 * 1024;

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** The content codings that replies may come in. */
export const acceptedEncodings = 'gzip, deflate, br';

/** Reads a reply's body, decompressed, up to the limit. */
export async function readBody(body: Readable, encoding: string | undefined): Promise<Buffer> {
  const decoder = decoders[encoding?.trim().toLowerCase() ?? ''];
  const chunks: Buffer[] = [];
  let bytes = 0;
  const plain = decoder ? Readable.from(decompressed(body, decoder())) : body;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxReplyBytes) {
        throw nexusError('OUTPUT_TOO_LARGE', `the reply is larger than ${maxReplyBytes} bytes`, {
          hint: 'Ask for less at once: a page, a range, fewer fields.',
        });
      }
      chunks.push(chunk);
    }
  } finally {
    body.destroy();
  }
  return Buffer.concat(chunks);
}

async function* decompressed(body: Readable, decoder: NodeJS.ReadWriteStream): AsyncGenerator<Buffer> {
  body.on('error', (error) => (decoder as unknown as Readable).destroy(error));
  body.pipe(decoder);
  yield* decoder as AsyncIterable<Buffer>;
}

/** A body as a result carries it: JSON parsed, text as it is, anything else in base64. */
export function bodyValue(bytes: Buffer, contentType: string): { body: JsonValue; encoding?: 'base64' } {
  const text = textOf(bytes) ?? declaredText(bytes, contentType);
  if (text === undefined) return { body: bytes.toString('base64'), encoding: 'base64' };
  if (text === '' || !/^application\/(json|[\w.+-]+\+json)\b/i.test(contentType)) return { body: text };
  try {
    return { body: JSON.parse(text) as JsonValue };
  } catch {
    return { body: text }; // declared as JSON, but is not: shown as it came
  }
}

/** Text in the other charset that its header names. */
function declaredText(bytes: Buffer, contentType: string): string | undefined {
  const charset = /;\s*charset="?([\w-]+)"?/i.exec(contentType)?.[1];
  if (charset === undefined || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
