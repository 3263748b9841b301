import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { Operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns, fit } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { modelsCommand } from './models.js';
import { jsonOption } from './options.js';

export const ToolsQuery = operation<{
  tools: { name: string; description: string; inputSchema: unknown; sideEffects: boolean; health: string }[];
}>(/* GraphQL */ `
  query Tools {
    tools {
      name
      description
      inputSchema
      sideEffects
      health
    }
  }
`);

export const AgentsQuery = operation<{
  agents: {
    name: string;
    version: number;
    description: string;
    capabilities: string[];
    tools: string[];
    status: string;
  }[];
}>(/* GraphQL */ `
  query Agents {
    agents {
      id
      name
      version
      description
      capabilities
      tools
      status
    }
  }
`);

export const TemplatesQuery = operation<{
  templates: { name: string; version: number; document: { description?: string }; createdAt: string }[];
}>(/* GraphQL */ `
  query Templates {
    templates {
      id
      name
      version
      document
      createdAt
    }
  }
`);

/** The commands that list what the server can work with. */
export function registryCommands(context: CliContext): Command[] {
  return [
    listCommand(context, 'tools', 'list the tools that tasks can use', {
      query: ToolsQuery,
      pick: ({ tools }) => tools,
      heading: ['TOOL', 'EFFECTS', 'HEALTH', 'DESCRIPTION'],
      row: (tool) => [tool.name, tool.sideEffects ? 'yes' : 'no', tool.health, tool.description],
      none: 'no tools',
    }),
    listCommand(context, 'agents', 'list the agents', {
      query: AgentsQuery,
      pick: ({ agents }) => agents,
      heading: ['AGENT', 'VERSION', 'STATUS', 'TOOLS', 'DESCRIPTION'],
      row: (agent) => [
        agent.name,
        String(agent.version),
        agent.status,
        agent.tools.join(' '),
        agent.description,
      ],
      none: 'no agents',
    }),
    modelsCommand(context),
    listCommand(context, 'templates', 'list the templates', {
      query: TemplatesQuery,
      pick: ({ templates }) => templates,
      heading: ['TEMPLATE', 'VERSION', 'DESCRIPTION'],
      row: (template) => [template.name, String(template.version), template.document.description ?? ''],
      none: 'no templates',
    }),
  ];
}

interface Listing<Result, Item> {
  readonly query: Operation<Result, Record<string, never>>;
  readonly pick: (result: Result) => readonly Item[];
  readonly heading: readonly string[];
  readonly row: (item: Item) => readonly string[];
  readonly none: string;
}

function listCommand<Result, Item>(
  { api, terminal: { data, talk }, exit }: CliContext,
  name: string,
  description: string,
  { query, pick, heading, row, none }: Listing<Result, Item>,
): Command {
  return new Command(name)
    .description(description)
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const items = pick(await api().request(query, {}));
      if (options.json) items.forEach((item) => data.line(jsonLine(item)));
      else if (items.length === 0) talk.line(none);
      else {
        const lines = columns([heading, ...items.map((item) => row(item).map(plainLine))]);
        lines.forEach((line) => data.line(data.isTerminal ? fit(line, data.columns()) : line));
      }
      exit(exitCodes.ok);
    });
}
