import { unlink } from 'node:fs/promises';
import type { JsonValue, Tool } from '#contracts';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { bringBack, changedSince, keptPlace, ownPlace } from './bring-back.js';
import { hashOfFile, keepFile, KeptFile } from './kept-file.js';
import { missingFolders, moveFile } from './replace-file.js';

const Input = z.strictObject({
  from: z.string().min(1).describe('File; relative to the first workspace, or absolute'),
  to: z.string().min(1).describe('The new path of the file itself; folders are made'),
  overwrite: z.boolean().default(false).describe('Whether a file at the new path is replaced'),
});

const Kept = z.object({
  from: z.string(),
  to: z.string(),
  /** Hash of the file; null: there was none. */
  moved: z.string().nullable(),
  /** What was at the new path. */
  over: KeptFile.nullable(),
  folders: z.array(z.string()),
});
type Kept = z.infer<typeof Kept>;

/**
 * Moves a file of a workspace. Where only the new path has a file, or both have the same, it counts as moved: so it is
 * after an attempt that was cut off.
 */
export function fileMoveTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'file.move',
    description: 'Moves or renames a file: { from, to, moved }; moved is false where it was there already.',
    input: Input,
    effect: 'reversible',
    expectedMs: 50,
    run: async (input) => {
      const from = await ownPlace(workspace, input.from);
      const to = await ownPlace(workspace, input.to);
      const [source, target] = [await hashOfFile(from), await hashOfFile(to)];
      if (source === null && target === null) throw refused(input.from, 'no such file');
      if (source === null || from === to) return { from, to, moved: false };
      if (target !== null && target !== source && !input.overwrite)
        throw refused(input.to, 'is there already', 'Move it elsewhere, or set overwrite.');
      try {
        if (target === source) await unlink(from);
        else await moveFile(from, to, input.overwrite);
      } catch (cause) {
        // Between the two places it may be in both.
        const hasMoved = (await hashOfFile(to).catch(() => source)) === source;
        const message = `${input.from}: ${(cause as Error).message}`;
        throw nexusError('TOOL_FAILED', message, { cause, ...(hasMoved ? {} : { noEffect: true }) });
      }
      return { from, to, moved: true };
    },
    undo: {
      kept: Kept,
      prepare: async (input) => {
        const from = await ownPlace(workspace, input.from);
        const to = await ownPlace(workspace, input.to);
        const [moved, over] = [await hashOfFile(from), await keepFile(to)];
        return { from, to, moved, over, folders: await missingFolders(to) };
      },
      run: (kept) => moveBack(workspace, kept),
    },
  });
}

/** Each place is what the move made of it, or what it was before: wherever a crash has left the two. */
async function moveBack(workspace: Workspace, kept: Kept): Promise<JsonValue> {
  const { from, to, moved, over, folders } = kept;
  const target = over?.sha256 ?? null;
  if (moved === null || from === to) return { from, to, changed: false };
  const atFrom = await hashOfFile(await keptPlace(workspace, from));
  const atTo = await hashOfFile(await keptPlace(workspace, to));
  if (atFrom === moved && atTo === target) return { from, to, changed: false };
  if (atFrom !== null && atFrom !== moved) throw changedSince(from, atFrom);
  // Nothing at either place: the file is lost, and not by us.
  if (atTo !== moved && (atFrom === null || atTo !== null)) throw changedSince(to, atTo);
  if (atFrom === null) await moveFile(to, from, false);
  await bringBack(to, over, folders);
  return { from, to, changed: true };
}

function refused(path: string, why: string, hint?: string): Error {
  return nexusError('TOOL_FAILED', `${path}: ${why}`, { hint, noEffect: true });
}
