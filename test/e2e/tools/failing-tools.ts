import type { Tool } from '#contracts';

/** Fails with a message of so many characters. */
export const tool: Tool = {
  name: 'fail.verbosely',
  description: 'Fails at length',
  inputSchema: { type: 'object' },
  effect: 'none',
  expectedMs: 10,
  run: async (input) => {
    throw new Error('no '.repeat((input as { chars: number }).chars / 3));
  },
};
