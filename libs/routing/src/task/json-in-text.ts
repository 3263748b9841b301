import type { JsonValue } from '#contracts';

/**
 * The JSON that a model's reply holds: the whole of it, or what stands in its code fence or between its outermost
 * brackets. Null when there is none. Broken JSON is not mended: a cut list would pass for a shorter one.
 */
export function jsonIn(text: string): { readonly value: JsonValue } | null {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1];
  for (const candidate of [text, fenced, bracketed(text)]) {
    if (candidate === undefined) continue;
    try {
      return { value: JSON.parse(candidate) as JsonValue };
    } catch {
      // Not this one; the next may be.
    }
  }
  return null;
}

function bracketed(text: string): string | undefined {
  const start = text.search(/[[{]/);
  const end = text.lastIndexOf(text[start] === '[' ? ']' : '}');
  return start >= 0 && end > start ? text.slice(start, end + 1) : undefined;
}
