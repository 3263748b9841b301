import { z } from 'zod';

/** What every analysis says about its own limits, in sentences for the report. */
export const Notes = z.array(z.string());

/** Shares the work of a repository's analyses: how much they read, and for how long. */
export const readLimits = {
  /** Larger files are counted, not read: no person wrote them by hand. */
  maxFileBytes: 2 * 1024 * 1024,
  maxTotalBytes: 256 * 1024 * 1024,
  maxFiles: 50_000,
  maxMs: 60_000,
} as const;

/** Counts things in a sentence: `1 file`, `2 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** Rounds to so many digits after the point. */
export function rounded(value: number, digits = 1): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
