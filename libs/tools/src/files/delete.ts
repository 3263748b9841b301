import { rm } from 'node:fs/promises';
import type { Tool } from '#contracts';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { bringBack, changedSince, keptPlace, ownPlace } from './bring-back.js';
import { hashOfFile, keepFile, KeptFile } from './kept-file.js';

const Input = z.strictObject({
  path: z.string().min(1).describe('File; relative to the first workspace, or absolute'),
});

const Kept = z.object({ path: z.string(), before: KeptFile.nullable() });

/** Deletes a file of a workspace. One that is not there counts as deleted, so that a repeat comes to the same. */
export function fileDeleteTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'file.delete',
    description: 'Deletes a file, no folder: { path, deleted }; deleted is false where none was.',
    input: Input,
    effect: 'reversible',
    expectedMs: 20,
    run: async ({ path }) => {
      const real = await ownPlace(workspace, path);
      if ((await hashOfFile(real)) === null) return { path: real, deleted: false };
      try {
        await rm(real);
      } catch (cause) {
        throw nexusError('TOOL_FAILED', `${path}: ${(cause as Error).message}`, { cause, noEffect: true });
      }
      return { path: real, deleted: true };
    },
    undo: {
      kept: Kept,
      prepare: async ({ path }) => {
        const real = await ownPlace(workspace, path);
        return { path: real, before: await keepFile(real) };
      },
      run: async ({ path, before }) => {
        const now = await hashOfFile(await keptPlace(workspace, path));
        if (before === null || now === before.sha256) return { path, changed: false };
        if (now !== null) throw changedSince(path, now);
        await bringBack(path, before, []);
        return { path, changed: true };
      },
    },
  });
}
