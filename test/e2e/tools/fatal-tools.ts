import { appendFileSync } from 'node:fs';
import type { Tool } from '#contracts';

/** What native code out of its mind does to its process, after a line in the ledger. */
function fatalTool(name: string, expectedMs: number): Tool {
  return {
    name,
    description: 'Kills the process it runs in',
    inputSchema: { type: 'object' },
    effect: 'keyed',
    expectedMs,
    run: async (_input, { runId, taskPath, idempotencyKey }) => {
      const entry = { at: 'start', run: runId, path: taskPath, key: idempotencyKey };
      appendFileSync(process.env['TEST_LEDGER'] ?? '', `${JSON.stringify(entry)}\n`);
      process.kill(process.pid, 'SIGKILL');
      return new Promise<never>(() => undefined);
    },
  };
}

export const tool = fatalTool('ledger.fatal', 50);
