import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import type { Workspace } from '../../workspace.js';
import { headOf, walkCommits } from '../commit-stream.js';
import { roleOf } from '../file-role.js';
import { createHotspots } from '../hotspots.js';
import type { SizedFile } from '../largest.js';
import { sizeOfSource } from '../largest.js';
import { readLimits } from '../part.js';
import { openRepository, readFiles } from '../repository-files.js';
import { LimitedInput } from './input.js';

export function hotspotsTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.hotspots',
    description:
      'Ranks source files by how often they changed in the last year of work times how long they are, with fixes, authors and missing tests.',
    input: LimitedInput,
    effect: 'none',
    expectedMs: 500,
    run: async ({ repo, limit }, { signal }) => {
      const repository = await openRepository(workspace, repo, signal);
      const notes = [...repository.notes];
      const hotspots = createHotspots();
      if (repository.git && (await headOf(repository.call)) !== null) {
        const walk = await walkCommits(
          repository.call,
          { paths: true, maxMs: readLimits.maxMs },
          hotspots.add,
        );
        if (walk.shallow) notes.push('The clone is shallow: changes before it are not counted.');
        if (walk.truncated) notes.push('Not all of the history was read.');
      }
      const sizes: SizedFile[] = [];
      const source = (path: string): boolean => roleOf(path) === 'source';
      for await (const file of readFiles(repository, source, (why) => notes.push(why))) {
        const size = sizeOfSource(file);
        if (size) sizes.push(size);
      }
      const tests = repository.paths.filter((path) => roleOf(path) === 'test');
      const result = hotspots.result(sizes, tests, limit);
      return { ...result, notes: [...notes, ...result.notes] };
    },
  });
}
