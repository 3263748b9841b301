import type { Tool } from '#contracts';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { bringBack, changedSince, keptPlace } from './bring-back.js';
import { hashOfFile, keepFile, KeptFile } from './kept-file.js';
import { sha256 } from './read.js';
import { missingFolders, replaceFile } from './replace-file.js';

const Input = z.strictObject({
  path: z.string().min(1).describe('File; relative to the first workspace, or absolute. Folders are made'),
  content: z.string().describe('The whole new content'),
  encoding: z.enum(['utf8', 'base64']).default('utf8').describe('How content is written down'),
});

const Kept = z.object({
  path: z.string(),
  before: KeptFile.nullable(),
  /** Hash of what this call writes. */
  wrote: z.string(),
  folders: z.array(z.string()),
});

/** Writes a file of a workspace, whole or not at all; writing the same again changes nothing. */
export function fileWriteTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'file.write',
    description: 'Writes a file, whole or not at all: { path, bytes, sha256 }.',
    input: Input,
    effect: 'reversible',
    expectedMs: 50,
    run: async ({ path, content, encoding }) => {
      const real = await workspace.resolve(path);
      const bytes = Buffer.from(content, encoding);
      try {
        await replaceFile(real, bytes);
      } catch (cause) {
        throw nexusError('TOOL_FAILED', `${path}: ${(cause as Error).message}`, { cause, noEffect: true });
      }
      return { path: real, bytes: bytes.length, sha256: sha256(bytes) };
    },
    undo: {
      kept: Kept,
      prepare: async ({ path, content, encoding }) => {
        const real = await workspace.resolve(path);
        const wrote = sha256(Buffer.from(content, encoding));
        return { path: real, before: await keepFile(real), wrote, folders: await missingFolders(real) };
      },
      run: async ({ path, before, wrote, folders }) => {
        const now = await hashOfFile(await keptPlace(workspace, path));
        if (now === (before?.sha256 ?? null)) return { path, changed: false };
        if (now !== wrote) throw changedSince(path, now);
        await bringBack(path, before, folders);
        return { path, changed: true };
      },
    },
  });
}
