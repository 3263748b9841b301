import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import type { Workspace } from '../../workspace.js';
import { datedTodos } from '../blame.js';
import { headOf } from '../commit-stream.js';
import { roleOf } from '../file-role.js';
import { openRepository, readFiles } from '../repository-files.js';
import type { Todo } from '../todos.js';
import { summaryOfTodos, todosIn } from '../todos.js';
import { LimitedInput } from './input.js';

export function todosTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.todos',
    description: 'Finds TODO, FIXME, HACK and XXX comments, with who wrote them and when.',
    input: LimitedInput,
    effect: 'none',
    expectedMs: 500,
    run: async ({ repo, limit }, { signal }) => {
      const repository = await openRepository(workspace, repo, signal);
      const notes = [...repository.notes];
      const found: Todo[] = [];
      const code = (path: string): boolean => ['source', 'test', 'config'].includes(roleOf(path));
      for await (const file of readFiles(repository, code, (why) => notes.push(why))) {
        if (file.text !== undefined) found.push(...todosIn(file.path, file.text));
      }
      if (!repository.git || found.length === 0 || (await headOf(repository.call)) === null) {
        return { ...summaryOfTodos(found, limit), notes };
      }
      const dated = await datedTodos(repository.call, found, Date.now());
      return { ...summaryOfTodos(dated.todos, limit), notes: [...notes, ...dated.notes] };
    },
  });
}
