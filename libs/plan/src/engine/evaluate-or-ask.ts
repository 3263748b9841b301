import type { Failure, JsonValue } from '#contracts';
import { failureOf } from '#contracts';
import { evaluate } from '../expression/evaluate.js';
import type { Draft } from './draft.js';
import { viewOf } from './draft.js';
import {
  expressionEnvironment,
  largestEvaluatedChars,
  missingValues,
  storedEnvironment,
} from './environment.js';
import type { LoopState, Slot } from './state.js';

/** A map's list goes along with every part of the run that its items are in; what a person is asked, with records. */
const largestListChars = 8 * 1024;

export type Evaluation = { readonly value: JsonValue } | { readonly error: Failure } | 'asked';

/**
 * Evaluates here and now, or asks for it when what is read is kept by reference. `path` is what asks, `scope` where
 * the expression stands.
 */
export function evaluateOrAsk(
  draft: Draft,
  path: string,
  scope: string,
  slot: Slot,
  source: JsonValue,
  loop?: LoopState,
): Evaluation {
  const environment = storedEnvironment(draft.plan, viewOf(draft), scope, source, loop);
  if (missingValues(environment).length > 0) {
    draft.asks[path] = slot;
    return 'asked';
  }
  try {
    const value = evaluate(source, expressionEnvironment(environment, unreachable));
    const limit = slot === 'over' || slot === 'question' ? largestListChars : largestEvaluatedChars;
    if (JSON.stringify(value).length <= limit) return { value };
    draft.asks[path] = slot;
    return 'asked';
  } catch (error) {
    return { error: failureOf(error) };
  }
}

function unreachable(): never {
  throw new Error('a reference was read before it was loaded');
}
