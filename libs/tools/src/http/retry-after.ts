const maxMs = 15 * 60 * 1000;

/** Reads `Retry-After`: seconds or an HTTP date. At most 15 minutes, so that nobody can stall a run. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), maxMs);
}
