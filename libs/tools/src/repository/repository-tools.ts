import type { Tool } from '#contracts';
import type { Workspace } from '../workspace.js';

/** The tools that judge a repository. */
export function repositoryTools(_workspace: Workspace): Tool[] {
  return [];
}
