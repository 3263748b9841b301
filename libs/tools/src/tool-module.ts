import type { Tool } from '#contracts';
import { toolEffects } from '#contracts';
import { compileInputSchema } from './input-validator.js';

/** Names such as `shell.run` or `mcp.github.search_issues`. */
const toolName = /^[A-Za-z][\w-]*(\.[\w-]+)*$/;

/** What a module of a team offers: the tools, or every fault found. */
export interface ModuleTools {
  readonly tools: Tool[];
  readonly faults: string[];
}

/** Reads `tool`, `tools` or the default export of a module, and checks each tool in full. */
export function toolsOfModule(exports: Readonly<Record<string, unknown>>): ModuleTools {
  const offered = ['tool', 'tools', 'default']
    .filter((key) => exports[key] !== undefined)
    .flatMap((key) => listed(key, exports[key]));
  // A module may export one tool under two of these names.
  const distinct = offered.filter(
    ({ value }, at) => offered.findIndex((other) => other.value === value) === at,
  );
  if (distinct.length === 0) {
    return {
      tools: [],
      faults: ['exports no tool: write `export const tool = { … }` or `export const tools = [ … ]`'],
    };
  }
  const faults = distinct.flatMap(({ at, value }) => toolFaults(value).map((fault) => `${at}${fault}`));
  return { tools: faults.length === 0 ? distinct.map(({ value }) => value as Tool) : [], faults };
}

function listed(key: string, value: unknown): { at: string; value: unknown }[] {
  if (!Array.isArray(value)) return [{ at: key, value }];
  return value.map((item: unknown, index) => ({ at: `${key}[${index}]`, value: item }));
}

function toolFaults(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`: must be a tool, an object`];
  const tool = value as Record<string, unknown>;
  const faults: string[] = [];
  if (typeof tool['name'] !== 'string' || !toolName.test(tool['name']) || tool['name'].length > 128) {
    faults.push('.name: must be a name such as `deploy.preview`');
  }
  if (typeof tool['description'] !== 'string' || tool['description'].trim() === '') {
    faults.push('.description: must say what the tool does');
  }
  if (!toolEffects.some((effect) => effect === tool['effect'])) {
    faults.push(`.effect: must be one of ${toolEffects.join(', ')}`);
  }
  if (typeof tool['expectedMs'] !== 'number' || !(tool['expectedMs'] >= 0)) {
    faults.push('.expectedMs: must be the milliseconds that one call is expected to take');
  }
  if (typeof tool['run'] !== 'function') faults.push('.run: must be a function (input, context) => Promise');
  return [
    ...faults,
    ...undoFaults(tool['undo']),
    ...breakerFaults(tool['breaker']),
    ...schemaFaults(tool['inputSchema']),
  ];
}

function undoFaults(undo: unknown): string[] {
  if (undo === undefined) return [];
  const { prepare, run } = (undo ?? {}) as Record<string, unknown>;
  if (typeof prepare === 'function' && typeof run === 'function') return [];
  return ['.undo: must have the functions prepare (input, context) and run (kept, context)'];
}

function breakerFaults(breaker: unknown): string[] {
  if (breaker === undefined) return [];
  const { alternative = '' } = (breaker ?? {}) as Record<string, unknown>;
  if (typeof breaker === 'object' && breaker !== null && typeof alternative === 'string') return [];
  return ['.breaker: must be an object, which may name an `alternative`, another tool'];
}

function schemaFaults(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return ['.inputSchema: must be a JSON Schema, an object'];
  }
  try {
    compileInputSchema(schema as Parameters<typeof compileInputSchema>[0]);
    return [];
  } catch (error) {
    return [`.inputSchema: ${(error as Error).message}`];
  }
}
