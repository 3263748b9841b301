import type { JsonValue } from '#contracts';
import { mendedJson } from './mended-json.js';

/**
 * The JSON that a model's reply holds: the whole of it, or what stands in its code fence or between its outermost
 * brackets. What is almost JSON is mended. Null when there is none.
 */
export function jsonIn(text: string): { readonly value: JsonValue } | null {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1];
  const candidates = [text, fenced, bracketed(text)].filter((each) => each !== undefined);
  for (const candidate of candidates) {
    try {
      return { value: JSON.parse(candidate) as JsonValue };
    } catch {
      // Not this one; the next may be.
    }
  }
  for (const candidate of candidates) {
    const mended = mendedJson(candidate);
    if (mended !== null) return mended;
  }
  return null;
}

function bracketed(text: string): string | undefined {
  const start = text.search(/[[{]/);
  const end = text.lastIndexOf(text[start] === '[' ? ']' : '}');
  return start >= 0 && end > start ? text.slice(start, end + 1) : undefined;
}
