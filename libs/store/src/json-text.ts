/** U+FFFD stands in for what PostgreSQL cannot hold: NUL, and halves of surrogate pairs. */
const replacement = '\ufffd';
const unstorable = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** JSON text that PostgreSQL takes. `JSON.stringify` writes NUL and lone surrogates as escapes, always. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.includes('\\u') ? text.replace(unstorable, `$1${replacement}`) : text;
}

/** Text that PostgreSQL takes. */
export function plainText(text: string): string {
  return text.toWellFormed().replaceAll('\0', replacement);
}

/** Milliseconds since the epoch as PostgreSQL reads them. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds since the epoch from PostgreSQL's `2026-01-31 12:00:00.123+00`. */
export function parseTime(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}
