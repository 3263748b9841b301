import { basename } from 'node:path';
import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import { runGit } from '../../git/run-git.js';
import type { Workspace } from '../../workspace.js';
import { headOf } from '../commit-stream.js';
import type { Inventory } from '../inventory.js';
import { createInventory } from '../inventory.js';
import { openRepository, readFiles } from '../repository-files.js';
import { RepoInput } from './input.js';

export function inventoryTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.inventory',
    description:
      'Takes stock of a repository: files, lines and bytes by language and role, README, licence, CI, and what looks like a secret.',
    input: RepoInput,
    effect: 'none',
    expectedMs: 400,
    run: async ({ repo }, { signal }) => {
      const repository = await openRepository(workspace, repo, signal);
      const notes = [...repository.notes];
      const inventory = createInventory();
      for await (const file of readFiles(
        repository,
        () => true,
        (why) => notes.push(why),
      ))
        inventory.add(file);
      const result = inventory.result();
      const commit = repository.git ? await headOf(repository.call) : null;
      if (repository.git && commit === null) notes.push('The repository has no commit yet.');
      return {
        name: basename(repository.folder),
        git: repository.git,
        branch: commit === null ? null : await branchOf(repository.call),
        commit,
        ...result,
        notes: [...notes, ...result.notes],
      } satisfies Inventory;
    },
  });
}

async function branchOf(call: Parameters<typeof runGit>[0]): Promise<string | null> {
  const name = (await runGit(call, ['rev-parse', '--abbrev-ref', 'HEAD'])).text.trim();
  return name === 'HEAD' ? null : name;
}
