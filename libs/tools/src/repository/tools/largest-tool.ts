import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import type { Workspace } from '../../workspace.js';
import { roleOf } from '../file-role.js';
import type { SizedFile } from '../largest.js';
import { largestOf, sizeOfSource } from '../largest.js';
import { openRepository, readFiles } from '../repository-files.js';
import { LimitedInput } from './input.js';

export function largestTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.largest',
    description: 'Lists the longest source files, and how long source files usually are.',
    input: LimitedInput,
    effect: 'none',
    expectedMs: 300,
    run: async ({ repo, limit }, { signal }) => {
      const repository = await openRepository(workspace, repo, signal);
      const notes = [...repository.notes];
      const sizes: SizedFile[] = [];
      const source = (path: string): boolean => roleOf(path) === 'source';
      for await (const file of readFiles(repository, source, (why) => notes.push(why))) {
        const size = sizeOfSource(file);
        if (size) sizes.push(size);
      }
      return { ...largestOf(sizes, limit), notes };
    },
  });
}
