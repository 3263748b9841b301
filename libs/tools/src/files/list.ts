import { join } from 'node:path';
import type { Tool } from '#contracts';
import picomatch from 'picomatch';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { skippedFolders, walkFiles } from './walk.js';

const Input = z.strictObject({
  path: z.string().default('.').describe('Folder; relative to the first workspace, or absolute'),
  glob: z.string().min(1).default('**').describe('Which files, below the folder: `**/*.ts`'),
  ignore: z
    .array(z.string().min(1))
    .default([...skippedFolders])
    .describe('Globs of folders and files to leave out'),
  limit: z.int().min(1).max(100_000).default(10_000).describe('Files after which the list is cut'),
});

/** Lists files of a workspace. */
export function fileListTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'file.list',
    description: 'Lists the files of a folder that match a glob: { files, truncated }, absolute and sorted.',
    input: Input,
    effect: 'none',
    expectedMs: 100,
    run: async ({ path, glob, ignore, limit }, { signal }) => {
      const folder = await workspace.folder(path);
      const { files, truncated } = await walkFiles(folder, {
        signal,
        maxFiles: limit,
        ignored: picomatch(ignore, { dot: true }),
        wanted: picomatch(glob, { dot: true }),
      });
      return { files: files.map((file) => join(folder, file)), truncated };
    },
  });
}
