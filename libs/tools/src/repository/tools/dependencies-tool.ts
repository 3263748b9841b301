import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import type { Workspace } from '../../workspace.js';
import { dependenciesOf, isManifest } from '../dependencies/dependencies.js';
import { isFixture, roleOf } from '../file-role.js';
import { openRepository, readFiles } from '../repository-files.js';
import { RepoInput } from './input.js';

export function dependenciesTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.dependencies',
    description:
      'Reads package.json, go.mod, requirements, pyproject.toml, Cargo.toml and pom.xml: dependencies, missing lock files, loose and conflicting versions.',
    input: RepoInput,
    effect: 'none',
    expectedMs: 200,
    run: async ({ repo }, { signal }) => {
      const repository = await openRepository(workspace, repo, signal);
      const notes = [...repository.notes];
      const manifests: { path: string; text: string }[] = [];
      const wanted = (path: string): boolean =>
        isManifest(path) && !isFixture(path) && roleOf(path) !== 'generated';
      for await (const { path, text } of readFiles(repository, wanted, (why) => notes.push(why))) {
        if (text !== undefined) manifests.push({ path, text });
      }
      const result = dependenciesOf(manifests, repository.paths);
      return { ...result, notes: [...notes, ...result.notes] };
    },
  });
}
