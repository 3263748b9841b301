import type { JsonValue, Tool, ToolContext, ToolEffect } from '#contracts';

interface OutsideInput {
  readonly value?: JsonValue;
  readonly slowMs?: number;
  readonly failures?: number;
  readonly cuts?: number;
  /** Time it takes before anything leaves the process. */
  readonly beforeMs?: number;
}

/** Has an effect on the world outside, over the network, as behaved as its input says. */
function outsideTool(name: string, effect: ToolEffect, expectedMs: number): Tool {
  return {
    name,
    description: 'Has an effect on the ledger of the chaos tests',
    inputSchema: { type: 'object' },
    effect,
    expectedMs,
    run: async (input, context) => {
      const { value = null, beforeMs = 0, ...behaviour } = input as OutsideInput;
      if (beforeMs > 0) await new Promise((resolve) => setTimeout(resolve, beforeMs));
      return call({ value, behaviour, key: effect === 'unkeyed' ? null : context.idempotencyKey }, context);
    },
  };
}

/** Undoes on the ledger what was made with a key. */
const undo: Tool = {
  name: 'outside.undo',
  description: 'Undoes an effect on the ledger of the chaos tests',
  inputSchema: { type: 'object' },
  effect: 'keyed',
  expectedMs: 10,
  run: async (input, context) => {
    const { key: undoes } = input as { key: string };
    return call({ value: null, behaviour: {}, key: context.idempotencyKey, undoes }, context);
  },
};

async function call(what: object, { runId, taskPath, attempt, signal }: ToolContext): Promise<JsonValue> {
  const url = process.env['CHAOS_LEDGER'];
  if (url === undefined) throw new Error('CHAOS_LEDGER names no ledger');
  const body = JSON.stringify({ ...what, run: runId, path: taskPath, attempt });
  const response = await fetch(`${url}/effect`, { method: 'POST', body, signal });
  if (!response.ok) throw new Error(`the ledger answered ${response.status}`);
  return (await response.json()) as JsonValue;
}

export const tools = [
  outsideTool('outside.effect', 'keyed', 200),
  outsideTool('outside.quick', 'keyed', 10),
  outsideTool('outside.once', 'unkeyed', 200),
  undo,
];
