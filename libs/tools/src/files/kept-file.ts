import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { nexusError } from '#contracts';
import { z } from 'zod';

/** Up to this size what a file held is kept, so that it can be brought back: as much as `file.read` reads. */
const keptBytes = 16 * 1024 * 1024;

/** A file as it was. */
export const KeptFile = z.object({
  sha256: z.string(),
  bytes: z.int(),
  mode: z.int(),
  /** In base64; null: it was too large to be kept. */
  content: z.string().nullable(),
});
export type KeptFile = z.infer<typeof KeptFile>;

/** The file as it is, or null where nothing is. Refuses what is no regular file. */
export async function keepFile(path: string): Promise<KeptFile | null> {
  return await withFile(path, async (file, { size, mode }) => {
    const facts = { bytes: size, mode: mode & 0o7777 };
    if (size > keptBytes) return { ...facts, sha256: await streamedHash(file), content: null };
    const content = await file.readFile();
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { ...facts, sha256, content: content.toString('base64') };
  });
}

/** The hash of the file as it is, or null where nothing is. */
export async function hashOfFile(path: string): Promise<string | null> {
  return await withFile(path, streamedHash);
}

async function withFile<Result>(
  path: string,
  use: (file: FileHandle, facts: { readonly size: number; readonly mode: number }) => Promise<Result>,
): Promise<Result | null> {
  let file: FileHandle;
  try {
    // A pipe would wait for who writes; a link would lead elsewhere.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unusable(path, error);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw notAFile(path);
    return await use(file, facts);
  } finally {
    await file.close();
  }
}

async function streamedHash(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ autoClose: false, start: 0 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function notAFile(path: string): Error {
  return nexusError('TOOL_FAILED', `${path}: is not a regular file`, { noEffect: true });
}

function unusable(path: string, cause: unknown): Error {
  return nexusError('TOOL_FAILED', `${path}: ${(cause as Error).message}`, { cause, noEffect: true });
}
