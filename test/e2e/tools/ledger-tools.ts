import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonValue, Tool, ToolContext, ToolEffect } from '#contracts';

interface StepInput {
  readonly ms?: number;
  readonly value?: JsonValue;
  /** Gives a text of so many characters instead of the value. */
  readonly chars?: number;
}

/** A tool whose every call stands in the ledger, on disk before and after its work. */
function ledgerTool(name: string, effect: ToolEffect, expectedMs: number): Tool {
  return {
    name,
    description: 'Writes a line when it begins and one when it has ended',
    inputSchema: { type: 'object' },
    effect,
    expectedMs,
    run: async (input, context) => {
      const { ms = 0, value = null, chars } = input as StepInput;
      write('start', context);
      await wait(ms, undefined, { signal: context.signal });
      write('end', context);
      return { value: chars === undefined ? value : 'x'.repeat(chars) };
    },
  };
}

function write(at: 'start' | 'end', { runId, taskPath, idempotencyKey, attempt }: ToolContext): void {
  const ledger = process.env['TEST_LEDGER'];
  if (ledger === undefined) throw new Error('TEST_LEDGER names no file');
  const file = openSync(ledger, 'a');
  try {
    const entry = { at, run: runId, path: taskPath, key: idempotencyKey, attempt };
    writeSync(file, `${JSON.stringify(entry)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export const tools = [
  ledgerTool('ledger.step', 'keyed', 200),
  ledgerTool('ledger.quick', 'keyed', 10),
  ledgerTool('ledger.once', 'unkeyed', 200),
];
