import { jsonrepair } from 'jsonrepair';
import type { JsonValue } from '#contracts';

/**
 * The value that broken JSON was meant to be: quotes, commas and comments as other languages have them. Null where the
 * text does not end as an object or a list does: a list that was cut would pass for a shorter one.
 */
export function mendedJson(text: string): { readonly value: JsonValue } | null {
  const whole = text.trim();
  const closing = closings[whole.charAt(0)];
  if (closing === undefined || !whole.endsWith(closing) || !isBalanced(whole)) return null;
  try {
    const value = JSON.parse(jsonrepair(whole)) as JsonValue;
    const isSame = Array.isArray(value) === (closing === ']');
    return typeof value === 'object' && value !== null && isSame ? { value } : null;
  } catch {
    return null;
  }
}

const closings: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** Every bracket is closed, and the first only at the end; those in strings come in pairs often enough. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if ('{['.includes(character)) depth++;
    if ('}]'.includes(character)) depth--;
    if (depth === 0 && index < text.length - 1) return false;
  }
  return depth === 0;
}
