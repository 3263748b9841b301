import type { JsonValue, Tool, ToolFacts } from '#contracts';
import { nexusError } from '#contracts';
import { inputFault } from './input-faults.js';
import { compileInputSchema } from './input-validator.js';

/** The tools that a process offers. */
export interface ToolRegistry {
  /** The tool of that name, whose `run` checks its input first. */
  readonly get: (name: string) => Tool | undefined;
  readonly facts: () => ToolFacts[];
  readonly names: () => string[];
}

/** Gathers tools under their names; refuses duplicate names, naming all of them. */
export function createToolRegistry(tools: readonly Tool[]): ToolRegistry {
  const byName = new Map<string, Tool>();
  const duplicates = new Set<string>();
  for (const tool of tools) {
    if (byName.has(tool.name)) duplicates.add(tool.name);
    byName.set(tool.name, withCheckedInput(tool));
  }
  if (duplicates.size > 0) {
    throw nexusError('BAD_USER_INPUT', `tools with the same name: ${[...duplicates].sort().join(', ')}`, {
      hint: 'Give each tool a name of its own.',
    });
  }
  const sorted = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    get: (name) => byName.get(name),
    names: () => sorted.map((tool) => tool.name),
    facts: () =>
      sorted.map(({ name, description, inputSchema, effect, expectedMs }) => ({
        name,
        description,
        inputSchema,
        effect,
        expectedMs,
      })),
  };
}

function withCheckedInput(tool: Tool): Tool {
  const faultsOf = compileInputSchema(tool.inputSchema);
  return {
    ...tool,
    run: async (given, context) => {
      const input: JsonValue = given ?? {}; // a task without `with` gives null
      const faults = faultsOf(input);
      if (faults.length > 0) throw inputFault(tool.name, faults);
      return tool.run(input, context);
    },
  };
}
