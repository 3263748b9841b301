import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject, JsonValue, Tool, ToolContext, ToolEffect } from '#contracts';
import { nexusError } from '#contracts';
import { seeded } from '../model/seeded.js';

/** One call of a tool to the world, as the world saw it. */
export interface WorldCall {
  readonly does: 'make' | 'undo';
  readonly run: string;
  readonly path: string;
  readonly key: string;
  /** What an undoing was told of the effect. */
  readonly of: JsonObject;
  /** Places in the order of all that the world has seen. */
  readonly began: number;
  ended: number;
  /** Null: nothing has happened yet. */
  kind: 'effect' | 'repeat' | 'refused' | null;
  /** The caller was told that nothing has happened. */
  saidNone: boolean;
}

/** How undoing goes at a path, whatever happens to Nexus meanwhile. */
export type UndoFate = 'ok' | 'slow' | 'fails' | 'cut' | 'never' | 'unheard';

export interface SagaWorld {
  readonly tools: readonly Tool[];
  readonly calls: (run: string) => readonly WorldCall[];
  /** Says with which dice a run's fates are thrown, and whether some effects cannot be undone. */
  readonly foresee: (run: string, seed: number, stubborn: boolean) => void;
  readonly undoFateOf: (run: string, path: string) => UndoFate;
}

const fates: readonly UndoFate[] = ['ok', 'ok', 'ok', 'slow', 'fails', 'cut'];
const stubbornFates: readonly UndoFate[] = [...fates, 'never', 'unheard'];
/** A run whose first steps begin before anybody has said how it goes. */
const unforeseen = { seed: 0, stubborn: false };

/** A world outside in this process: it knows keys, and cuts connections after it has done what it was asked. */
export function createSagaWorld(): SagaWorld {
  const calls: WorldCall[] = [];
  const done = new Set<string>();
  const foreseen = new Map<string, { seed: number; stubborn: boolean }>();
  let clock = 0;

  const dice = (run: string, path: string) =>
    seeded((foreseen.get(run) ?? unforeseen).seed * 31 + hashOf(path));
  function undoFateOf(run: string, path: string): UndoFate {
    const { stubborn } = foreseen.get(run) ?? unforeseen;
    return dice(run, path).pick(stubborn ? stubbornFates : fates);
  }

  function enter(does: WorldCall['does'], context: ToolContext, of: JsonObject): WorldCall {
    const { runId: run, taskPath: path, idempotencyKey: key } = context;
    const began = ++clock;
    const call: WorldCall = { does, run, path, key, of, began, ended: Infinity, kind: null, saidNone: false };
    calls.push(call);
    return call;
  }

  function happen(call: WorldCall, isKeyed: boolean): void {
    const name = `${call.does} ${call.run} ${call.key}`;
    call.kind = isKeyed && done.has(name) ? 'repeat' : 'effect';
    done.add(name);
  }

  function nth(call: WorldCall): number {
    return calls.filter(({ does, run, path }) => does === call.does && run === call.run && path === call.path)
      .length;
  }

  async function make(input: JsonObject, context: ToolContext, isKeyed: boolean): Promise<JsonValue> {
    const call = enter('make', context, {});
    const { value = null, slowMs = 0, failures = 0, cuts = 0 } = input as Behaviour;
    const turn = nth(call);
    // Half of those that are slow have their effect at the end.
    const isLate = hashOf(call.path) % 2 === 0;
    try {
      if (turn <= failures) {
        call.kind = 'refused';
        call.saidNone = hashOf(call.path) % 3 === 0;
        if (!call.saidNone) throw new Error('the world is busy');
        throw nexusError('TOOL_FAILED', 'refused', { noEffect: true, retryable: true });
      }
      if (isLate && slowMs > 0) await wait(slowMs, undefined, { signal: context.signal });
      happen(call, isKeyed);
      if (turn <= failures + cuts) throw new Error('the connection was cut');
      if (!isLate && slowMs > 0) await wait(slowMs, undefined, { signal: context.signal });
      return { value, made: call.path };
    } finally {
      call.ended = ++clock;
    }
  }

  async function undo(input: JsonObject, context: ToolContext): Promise<JsonValue> {
    const call = enter('undo', context, input);
    const fate = undoFateOf(call.run, call.path);
    const turn = nth(call);
    try {
      if (fate === 'never' || (fate === 'fails' && turn === 1)) {
        call.kind = 'refused';
        throw new Error('the world will not have it undone');
      }
      if (fate === 'slow') await wait(100 + (hashOf(call.path) % 200), undefined, { signal: context.signal });
      happen(call, true);
      if (fate === 'unheard' || (fate === 'cut' && turn === 1)) throw new Error('the connection was cut');
      return null;
    } finally {
      call.ended = ++clock;
    }
  }

  const maker = (name: string, effect: ToolEffect, expectedMs: number): Tool => ({
    ...described,
    name,
    effect,
    expectedMs,
    run: (input, context) => make(input as JsonObject, context, effect === 'keyed'),
  });
  return {
    tools: [
      maker('outside.effect', 'keyed', 200),
      maker('outside.quick', 'keyed', 10),
      maker('outside.once', 'unkeyed', 200),
      {
        ...described,
        name: 'outside.undo',
        effect: 'keyed',
        expectedMs: 10,
        run: (input, context) => undo(input as JsonObject, context),
      },
    ],
    calls: (run) => calls.filter((call) => call.run === run),
    foresee: (run, seed, stubborn) => void foreseen.set(run, { seed, stubborn }),
    undoFateOf,
  };
}

interface Behaviour {
  readonly value?: JsonValue;
  readonly slowMs?: number;
  readonly failures?: number;
  readonly cuts?: number;
}

const described = { description: 'has an effect on a world in memory', inputSchema: { type: 'object' } };

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
