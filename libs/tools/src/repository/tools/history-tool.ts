import type { Tool } from '#contracts';
import { defineTool } from '../../definition.js';
import { gitCall } from '../../git/git-input.js';
import { isRepository } from '../../git/run-git.js';
import type { Workspace } from '../../workspace.js';
import { headOf, walkCommits } from '../commit-stream.js';
import { createHistory } from '../history.js';
import { readLimits } from '../part.js';
import { RepoInput } from './input.js';

export function historyTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.history',
    description:
      'Sums up the commits of a repository, merges left out: authors and their share, bus factor, age, commits a week.',
    input: RepoInput,
    effect: 'none',
    expectedMs: 300,
    run: async ({ repo }, { signal }) => {
      const call = await gitCall(workspace, repo, signal);
      const history = createHistory();
      const none = { truncated: false, shallow: false };
      if (!(await isRepository(call))) {
        return { ...history.result(none, Date.now()), notes: ['There is no git history here.'] };
      }
      if ((await headOf(call)) === null) {
        return { ...history.result(none, Date.now()), notes: ['There is no commit yet.'] };
      }
      const walk = await walkCommits(call, { paths: false, maxMs: readLimits.maxMs }, history.add);
      return history.result(walk, Date.now());
    },
  });
}
