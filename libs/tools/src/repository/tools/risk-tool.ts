import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../../definition.js';
import { Duplicates } from '../duplicates.js';
import { History } from '../history.js';
import { Hotspots } from '../hotspots.js';
import { Largest } from '../largest.js';
import { riskOf } from '../risk.js';
import { Todos } from '../todos.js';

const outputOf = (tool: string) => z.json().optional().describe(`Output of ${tool}; null when there is none`);

const Input = z.strictObject({
  hotspots: outputOf('repo.hotspots'),
  largest: outputOf('repo.largest'),
  duplicates: outputOf('repo.duplicates'),
  todos: outputOf('repo.todos'),
  history: outputOf('repo.history'),
  limit: z.int().min(1).max(500).default(50).describe('Files listed at most'),
});

export const riskTool: Tool = defineTool({
  name: 'repo.risk',
  description:
    'Combines the other analyses into a risk score for each source file, with the reasons and the formula.',
  input: Input,
  effect: 'none',
  expectedMs: 50,
  run: async ({ limit, ...parts }) =>
    riskOf(
      {
        hotspots: Hotspots.safeParse(parts.hotspots).data,
        largest: Largest.safeParse(parts.largest).data,
        duplicates: Duplicates.safeParse(parts.duplicates).data,
        todos: Todos.safeParse(parts.todos).data,
        history: History.safeParse(parts.history).data,
      },
      limit,
    ),
});
