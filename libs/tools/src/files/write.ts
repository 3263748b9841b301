import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Tool } from '#contracts';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { sha256 } from './read.js';

const Input = z.strictObject({
  path: z.string().min(1).describe('File; relative to the first workspace, or absolute. Folders are made'),
  content: z.string().describe('The whole new content'),
  encoding: z.enum(['utf8', 'base64']).default('utf8').describe('How content is written down'),
});

/** Writes a file of a workspace, whole or not at all; writing the same again changes nothing. */
export function fileWriteTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'file.write',
    description: 'Writes a file, whole or not at all: { path, bytes, sha256 }.',
    input: Input,
    effect: 'keyed',
    expectedMs: 50,
    run: async ({ path, content, encoding }) => {
      const real = await workspace.resolve(path);
      const bytes = Buffer.from(content, encoding);
      try {
        await replaceFile(real, bytes);
      } catch (error) {
        throw nexusError('TOOL_FAILED', `${path}: ${(error as Error).message}`, { cause: error });
      }
      return { path: real, bytes: bytes.length, sha256: sha256(bytes) };
    },
  });
}

/** Readers see the old content or the new, also after a crash: written beside it, synced, then renamed. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const before = await stat(path).catch(() => undefined);
  if (before && !before.isFile()) throw new Error('is not a regular file');
  const draft = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (before) await chmod(draft, before.mode & 0o7777);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
