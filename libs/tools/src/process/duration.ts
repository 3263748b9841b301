import { z } from 'zod';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** A time limit in an input: `500ms`, `30s`, `5m`, `1h`; read as milliseconds. */
export const TimeLimit = z
  .string()
  .regex(pattern, { error: 'write a duration such as 500ms, 30s, 5m or 1h' })
  .describe('500ms, 30s, 5m, 1h');

export function timeLimitMs(text: string): number {
  const [, amount = '0', unit = 'ms'] = pattern.exec(text) ?? [];
  // Longer ones would overflow a timer, which then fires at once.
  return Math.min(Number(amount) * (unitMs[unit] ?? 1), 2 ** 31 - 1);
}
