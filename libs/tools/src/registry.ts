import type { JsonValue, Tool, ToolFacts } from '#contracts';
import { isNexusError, nexusError } from '#contracts';
import { inputFault } from './input-faults.js';
import { compileInputSchema } from './input-validator.js';

/** The tools that a process offers. */
export interface ToolRegistry {
  /** The tool of that name, whose `run` and `undo.prepare` check the input first. */
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
      sorted.map(({ name, description, inputSchema, effect, expectedMs, undo }) => ({
        name,
        description,
        inputSchema,
        effect,
        expectedMs,
        ...(undo && { undoes: true }),
      })),
  };
}

function withCheckedInput(tool: Tool): Tool {
  const faultsOf = compileInputSchema(tool.inputSchema);
  const { undo } = tool;
  const checked = (given: JsonValue): JsonValue => {
    const input = given ?? {}; // a task without `with` gives null
    const faults = faultsOf(input);
    if (faults.length > 0) throw inputFault(tool.name, faults);
    return input;
  };
  return {
    ...tool,
    run: async (given, context) => {
      const input = checked(given);
      try {
        return await tool.run(input, context);
      } catch (error) {
        throw toldNoEffect(error);
      }
    },
    ...(undo && {
      undo: {
        prepare: async (given, context) => undo.prepare(checked(given), context),
        run: (kept, context) => undo.run(kept, context),
      },
    }),
  };
}

/** A team's tool has no errors of ours to throw: it sets the flag on its own. */
function toldNoEffect(error: unknown): unknown {
  if (isNexusError(error) || !(error instanceof Error) || !('noEffect' in error) || error.noEffect !== true)
    return error;
  return nexusError('TOOL_FAILED', error.message, { retryable: true, noEffect: true, cause: error.cause });
}
