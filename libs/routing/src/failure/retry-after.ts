/** The longest wait that a provider may impose on a retry; beyond it a workflow's timer is the better place. */
export const longestRetryAfterMs = 15 * 60_000;

/** How long the other side asks to wait: `retry-after-ms`, else `retry-after` as seconds or as a date. */
export function retryAfterMs(headers: Record<string, string>, now: number): number | undefined {
  const wait = milliseconds(headers['retry-after-ms']) ?? secondsOrDate(headers['retry-after'], now);
  return wait === undefined ? undefined : Math.min(Math.max(0, Math.ceil(wait)), longestRetryAfterMs);
}

function milliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function secondsOrDate(text: string | undefined, now: number): number | undefined {
  const seconds = milliseconds(text);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(text ?? '');
  return Number.isNaN(date) ? undefined : date - now;
}
