import type { Tool } from '#contracts';
import type { Workspace } from '../workspace.js';
import { gitDiffTool } from './diff.js';
import { gitLogTool } from './log.js';
import { gitShowTool } from './show.js';
import { gitStatusTool } from './status.js';

/** The tools that read repositories. None of them runs a program that a repository names. */
export function gitTools(workspace: Workspace): Tool[] {
  return [gitLogTool(workspace), gitDiffTool(workspace), gitStatusTool(workspace), gitShowTool(workspace)];
}
