import type { JsonObject, JsonValue, KeptEffect, StoredValue } from '#contracts';
import { nexusError } from '#contracts';
import { expressionEnvironment, missingValues } from '../engine/environment.js';
import type { StoredEnvironment } from '../engine/environment.js';
import { evaluate } from '../expression/evaluate.js';

/** The call that would undo an effect. */
export interface Undoing {
  readonly tool: string;
  readonly input: JsonValue;
  /** The tool undoes itself, from what it had kept. */
  readonly undoes: boolean;
}

/** The values that `undoCall` reads. */
export function undoReads({ compensating, input, output }: KeptEffect): StoredValue[] {
  if (compensating === null) return [];
  if (compensating.type === 'undo') return [compensating.kept];
  const environment = compensating.environment as unknown as StoredEnvironment;
  return [...missingValues(environment), input, ...(output === null ? [] : [output])];
}

/** What would be called to undo an effect, its expressions evaluated. Throws where they cannot be. */
export function undoCall(effect: KeptEffect, load: (value: StoredValue) => JsonValue): Undoing {
  const { compensating, input, output, idempotencyKey } = effect;
  if (compensating === null) throw nexusError('FAILED_PRECONDITION', 'nothing says how it is undone');
  const { tool } = compensating;
  if (compensating.type === 'undo') return { tool, input: load(compensating.kept), undoes: true };
  const environment = compensating.environment as unknown as StoredEnvironment;
  const self: JsonObject = {
    input: load(input),
    output: output === null ? null : load(output),
    idempotencyKey,
  };
  const bound = evaluate(compensating.with, { ...expressionEnvironment(environment, load), self });
  return { tool, input: bound, undoes: false };
}
