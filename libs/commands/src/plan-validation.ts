import type { JsonValue } from '#contracts';
import { available, type BindCatalogue, type Validation, validatePlan } from '#plan';
import type { PlanDeps } from './command-deps.js';

/** The tools and agents of this server by name. */
export function namesOf({ tools, agents }: PlanDeps): Pick<BindCatalogue, 'tool' | 'agent'> {
  const toolByName = new Map(tools.map((tool) => [tool.name, tool]));
  const agentByName = new Map(agents.map((agent) => [agent.name, agent]));
  return { tool: (name) => toolByName.get(name), agent: (name) => agentByName.get(name) };
}

/** Checks a document against what this server has. */
export function validateDocument(
  { tools, agents }: PlanDeps,
  catalogue: BindCatalogue,
  document: JsonValue,
  templates: { readonly known: readonly string[]; readonly savedAs?: string | undefined },
): Validation {
  return validatePlan(document, {
    tools: catalogue.tool,
    agents: (name) => catalogue.agent(name) !== undefined,
    templates: (name, version) => catalogue.template(name, version)?.document,
    available,
    knownToolNames: tools.map(({ name }) => name),
    knownAgentNames: agents.map(({ name }) => name),
    knownTemplateNames: templates.known,
    savedAs: templates.savedAs,
  });
}
