import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tool } from '#contracts';
import { nexusError } from '#contracts';
import { toolsOfModule } from './tool-module.js';

const isToolModule = (name: string): boolean =>
  /\.(mjs|js|mts|ts)$/.test(name) && !/\.(test|spec|d)\.[a-z]+$/.test(name) && !name.startsWith('.');

/** Imports a module; a parameter, because a test runner has a loader of its own. */
export type ImportModule = (url: string) => Promise<Record<string, unknown>>;

const importModule: ImportModule = (url) => import(url) as Promise<Record<string, unknown>>;

/**
 * Loads a team's own tools: every module in the folder, TypeScript by Node's type stripping.
 * All faults of all modules are told at once, by file.
 */
export async function loadToolFolder(folder: string, load: ImportModule = importModule): Promise<Tool[]> {
  const files = await toolModules(resolve(folder));
  const tools: { tool: Tool; file: string }[] = [];
  const faults: string[] = [];
  for (const file of files) {
    try {
      const found = toolsOfModule(await load(pathToFileURL(file).href));
      tools.push(...found.tools.map((tool) => ({ tool, file })));
      faults.push(...found.faults.map((fault) => `${file}: ${fault}`));
    } catch (error) {
      faults.push(`${file}: cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const [index, { tool, file }] of tools.entries()) {
    const first = tools.findIndex((other) => other.tool.name === tool.name);
    if (first < index) faults.push(`${file}: ${tool.name} is already defined by ${tools[first]?.file ?? ''}`);
  }
  if (faults.length > 0) {
    throw nexusError(
      'BAD_USER_INPUT',
      `bad tools in ${folder}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
      {
        hint: 'Correct these modules, or take them out of the folder that NEXUS_TOOLS names.',
      },
    );
  }
  return tools.map(({ tool }) => tool);
}

async function toolModules(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter(isToolModule)
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw nexusError(
      'BAD_USER_INPUT',
      `the tools folder ${folder} cannot be read: ${(error as Error).message}`,
      {
        hint: 'Set NEXUS_TOOLS to a folder that exists.',
        cause: error,
      },
    );
  }
}
