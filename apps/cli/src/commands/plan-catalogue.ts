import { isNexusError } from '#contracts';
import type { JsonSchema } from '#contracts';
import { available } from '#plan';
import type { PlanDocument, ValidationContext } from '#plan';
import { createBuiltInTools, createToolRegistry } from '#tools';
import { operation } from '../api-client.js';
import type { ApiClient } from '../api-client.js';

interface Catalogue {
  readonly tools: readonly {
    readonly name: string;
    readonly inputSchema: JsonSchema;
    readonly sideEffects: boolean;
  }[];
  readonly agents: readonly { readonly name: string }[];
  readonly templates: readonly {
    readonly name: string;
    readonly version: number;
    readonly document: unknown;
  }[];
}

export const PlanCatalogueQuery = operation<Catalogue>(/* GraphQL */ `
  query PlanCatalogue {
    tools {
      name
      inputSchema
      sideEffects
    }
    agents {
      name
    }
    templates {
      name
      version
      document
    }
  }
`);

/** What a plan is checked against, and who said so. */
export interface PlanCatalogue {
  readonly context: ValidationContext;
  readonly source: 'server' | 'built-in tools';
}

/** The tools, agents and templates of the server; without one, the tools that come with the product. */
export async function planCatalogue(api: ApiClient, workingDirectory: string): Promise<PlanCatalogue> {
  const registry = createToolRegistry(createBuiltInTools({ workspaces: [workingDirectory], httpAllow: [] }));
  const served = await api.request(PlanCatalogueQuery, {}).catch((error: unknown) => {
    if (isNexusError(error) && error.code === 'UNAVAILABLE') return null;
    throw error;
  });
  if (served === null) return { context: builtInContext(registry), source: 'built-in tools' };

  const tools = new Map(served.tools.map((tool) => [tool.name, tool]));
  const template = (name: string, version?: number) =>
    served.templates.find((one) => one.name === name && (version === undefined || one.version === version));
  const agentNames = served.agents.map((agent) => agent.name);
  const context: ValidationContext = {
    // The API tells whether a tool has effects, not of which kind: only the product's own are known that well.
    tools: (name) => {
      const tool = tools.get(name);
      const effect = tool?.sideEffects ? 'keyed' : 'none';
      return tool && (registry.get(name) ?? { inputSchema: tool.inputSchema, effect });
    },
    agents: (name) => agentNames.includes(name),
    templates: (name, version) => template(name, version)?.document as PlanDocument | undefined,
    available,
    knownToolNames: [...tools.keys()],
    knownAgentNames: agentNames,
    knownTemplateNames: served.templates.map((one) => one.name),
  };
  return { context, source: 'server' };
}

function builtInContext(registry: ReturnType<typeof createToolRegistry>): ValidationContext {
  return {
    tools: registry.get,
    agents: () => false,
    templates: () => undefined,
    available,
    knownToolNames: registry.names(),
  };
}
