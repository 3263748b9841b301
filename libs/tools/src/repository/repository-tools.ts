import type { Tool } from '#contracts';
import type { Workspace } from '../workspace.js';
import { checkTool } from './tools/check-tool.js';
import { dependenciesTool } from './tools/dependencies-tool.js';
import { duplicatesTool } from './tools/duplicates-tool.js';
import { historyTool } from './tools/history-tool.js';
import { hotspotsTool } from './tools/hotspots-tool.js';
import { inventoryTool } from './tools/inventory-tool.js';
import { largestTool } from './tools/largest-tool.js';
import { reportTool } from './tools/report-tool.js';
import { riskTool } from './tools/risk-tool.js';
import { todosTool } from './tools/todos-tool.js';

/** The tools that judge a repository. */
export function repositoryTools(workspace: Workspace): Tool[] {
  return [
    inventoryTool(workspace),
    historyTool(workspace),
    hotspotsTool(workspace),
    largestTool(workspace),
    duplicatesTool(workspace),
    todosTool(workspace),
    dependenciesTool(workspace),
    checkTool(workspace),
    riskTool,
    reportTool,
  ];
}
