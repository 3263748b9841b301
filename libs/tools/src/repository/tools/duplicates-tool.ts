import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import type { Workspace } from '../../workspace.js';
import { createDuplicateFinder, isComparedForCopies } from '../duplicates.js';
import { isGeneratedText } from '../file-role.js';
import { openRepository, readFiles } from '../repository-files.js';
import { LimitedInput } from './input.js';

export function duplicatesTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.duplicates',
    description: 'Finds blocks of at least six lines of source code that stand in more than one place.',
    input: LimitedInput,
    effect: 'none',
    expectedMs: 500,
    run: async ({ repo, limit }, { signal }) => {
      const repository = await openRepository(workspace, repo, signal);
      const notes = [...repository.notes];
      const finder = createDuplicateFinder();
      for await (const file of readFiles(repository, isComparedForCopies, (why) => notes.push(why))) {
        if (file.text !== undefined && !isGeneratedText(file.text)) finder.add(file.path, file.text);
      }
      const result = finder.result(limit);
      return { ...result, notes: [...notes, ...result.notes] };
    },
  });
}
