import type { Tool } from '#contracts';
import { fileDeleteTool } from './files/delete.js';
import { fileListTool } from './files/list.js';
import { fileMoveTool } from './files/move.js';
import { fileReadTool } from './files/read.js';
import { fileWriteTool } from './files/write.js';
import { gitTools } from './git/git-tools.js';
import { httpRequestTool } from './http/http-request.js';
import { repositoryTools } from './repository/repository-tools.js';
import { shellRunTool } from './shell.js';
import { transformTool } from './transform.js';
import { createWorkspace } from './workspace.js';

export interface BuiltInSettings {
  /** Folders that file, git, shell and repository tools may use; relative paths start at the first. */
  readonly workspaces: readonly string[];
  /** `host:port` pairs that http.request may reach besides public addresses. */
  readonly httpAllow: readonly string[];
}

/** The tools that come with the product. */
export function createBuiltInTools(settings: BuiltInSettings): Tool[] {
  const workspace = createWorkspace(settings.workspaces);
  return [
    transformTool,
    httpRequestTool(settings.httpAllow),
    fileListTool(workspace),
    fileReadTool(workspace),
    fileWriteTool(workspace),
    fileMoveTool(workspace),
    fileDeleteTool(workspace),
    shellRunTool(workspace),
    ...gitTools(workspace),
    ...repositoryTools(workspace),
  ];
}
