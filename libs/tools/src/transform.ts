import type { JsonValue, Tool } from '#contracts';

/** Gives the value of an expression: it was evaluated when the input was bound. */
export const transformTool: Tool = {
  name: 'transform',
  description: 'Computes a value from inputs and earlier outputs: { expression: "${…}" } gives the value.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['expression'],
    properties: { expression: { description: 'Any value; usually one ${…} expression' } },
  },
  effect: 'none',
  expectedMs: 1,
  run: async (input) => (input as { expression: JsonValue }).expression,
};
