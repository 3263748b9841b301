import { open } from 'node:fs/promises';
import { nexusError } from '#contracts';
import type { PriceRefresh } from '../settings.js';

/** Far above what lists of prices weigh. */
export const largestListBytes = 32 * 1024 * 1024;
const timeoutMs = 60_000;

/** The text of a price list from where the catalogue file says, never more than is reasonable. */
export async function fetchPrices(source: PriceRefresh, signal: AbortSignal): Promise<string> {
  return 'url' in source ? download(source.url, signal) : readList(source.file);
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const place = URL.parse(url)?.host ?? 'the price list';
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const reply = await fetch(url, { signal: deadline }).catch((error: unknown) => {
    throw unavailable(`${place} cannot be reached`, error);
  });
  if (!reply.ok || reply.body === null) {
    await reply.body?.cancel();
    throw unavailable(`${place} answers with status ${reply.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of reply.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > largestListBytes) throw tooLarge(place);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readList(path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    throw unavailable(`${path} cannot be read`, error);
  });
  try {
    if ((await file.stat()).size > largestListBytes) throw tooLarge(path);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function unavailable(message: string, cause?: unknown) {
  return nexusError('UNAVAILABLE', `price list: ${message}`, {
    retryable: true,
    hint: 'the prices in force stay; refresh in the file of NEXUS_MODELS says where newer ones come from',
    ...(cause === undefined ? {} : { cause }),
  });
}

function tooLarge(place: string) {
  return nexusError('INVALID_INPUT', `price list: ${place} has more than ${largestListBytes} bytes`);
}
