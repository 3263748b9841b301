import type { JsonValue } from '#contracts';
import { parseText } from './parse.js';
import { forEachText } from './references.js';

/** A fault of an expression's syntax. */
export interface SyntaxFault {
  /** Keys from the checked value to the text. */
  readonly keys: readonly (string | number)[];
  readonly message: string;
}

/** Every syntax fault of the expressions in a JSON value, with its position in its text. */
export function checkExpressions(value: JsonValue): SyntaxFault[] {
  const faults: SyntaxFault[] = [];
  forEachText(value, (text, keys) => {
    for (const { at, message } of parseText(text).errors) {
      faults.push({ keys, message: `at character ${at + 1}: ${message}` });
    }
  });
  return faults;
}
