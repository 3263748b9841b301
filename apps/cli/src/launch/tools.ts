import type { NexusConfig } from '#config';
import { createBuiltInTools, createToolRegistry, loadToolFolder } from '#tools';
import type { ToolRegistry } from '#tools';

/** The tools of the product and, where there is a folder of them, the team's own. */
export async function openTools({ workspaces, httpAllow, toolsFolder }: NexusConfig): Promise<ToolRegistry> {
  const own = toolsFolder === undefined ? [] : await loadToolFolder(toolsFolder);
  return createToolRegistry([...createBuiltInTools({ workspaces, httpAllow }), ...own]);
}
