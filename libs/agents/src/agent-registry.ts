import { nexusError } from '#contracts';
import type { ToolFacts } from '#contracts';
import { AgentDefinition } from './definitions/agent-definition.js';
import { researcher } from './definitions/researcher.js';
import { writer } from './definitions/writer.js';

/** The agents that come with the product. */
export const builtInAgents: readonly AgentDefinition[] = [researcher, writer];

/** What an agent's model is told about a tool. */
export type AgentTool = Pick<ToolFacts, 'name' | 'description' | 'inputSchema'>;

/** An agent as this server can run it: its tools are those that there are. */
export interface RegisteredAgent extends Omit<AgentDefinition, 'tools'> {
  readonly tools: readonly AgentTool[];
}

/**
 * Makes definitions ready to run with the tools of a server. Names of tools that are not there are a fault, all of
 * them told at once; a pattern may find none.
 */
export function registerAgents(
  definitions: readonly unknown[],
  tools: readonly ToolFacts[],
): readonly RegisteredAgent[] {
  const faults: string[] = [];
  const agents = definitions.flatMap((given, index) => {
    const read = AgentDefinition.safeParse(given);
    if (!read.success) {
      faults.push(
        ...read.error.issues.map(({ path, message }) => `agents[${index}].${path.join('.')}: ${message}`),
      );
      return [];
    }
    const { tools: wanted, ...agent } = read.data;
    const unknown = wanted.filter(
      (name) => !name.endsWith('.*') && !tools.some((tool) => tool.name === name),
    );
    faults.push(...unknown.map((name) => `agent ${agent.name}: unknown tool ${name}`));
    return [
      { ...agent, tools: tools.filter(({ name }) => isWanted(name, wanted)).map((tool) => agentTool(tool)) },
    ];
  });
  const names = agents.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  faults.push(...twice.map((name) => `agent ${name} is defined twice`));
  if (faults.length > 0) throw nexusError('BAD_USER_INPUT', faults.join('; '));
  return agents;
}

function isWanted(name: string, wanted: readonly string[]): boolean {
  return wanted.some((each) => (each.endsWith('.*') ? name.startsWith(each.slice(0, -1)) : name === each));
}

function agentTool({ name, description, inputSchema }: ToolFacts): AgentTool {
  return { name, description, inputSchema };
}
