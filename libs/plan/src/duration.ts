import { nexusError } from '#contracts';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const longestMs = 3_650 * unitMs.d;

const short = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const shortPart = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const number = String.raw`(\d+(?:[.,]\d+)?)`;
const iso = new RegExp(
  `^P(?=[\\dT])(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
);
const isoUnits = [7 * unitMs.d, unitMs.d, unitMs.h, unitMs.m, unitMs.s];

/** Milliseconds of a duration, or undefined when the text is none; for checks that collect faults. */
export function durationMs(text: string): number | undefined {
  const compact = text.trim();
  if (compact.length > 64) return undefined;
  const ms = short.test(compact) ? shortMs(compact) : isoMs(compact);
  return ms !== undefined && ms <= longestMs ? Math.round(ms) : undefined;
}

/** Milliseconds of `500ms`, `10s`, `5m`, `2h`, `1d`, combinations such as `1h30m`, or ISO 8601 such as `PT5M`. */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) {
    throw nexusError('BAD_USER_INPUT', `"${text}" is not a duration`, { hint: durationHint });
  }
  return ms;
}

/** What a duration looks like, for messages. */
export const durationHint = 'write 500ms, 10s, 5m, 2h, 1d, 1h30m or ISO 8601 such as PT5M; ten years at most';

/** The shortest exact text of a whole number of milliseconds: `1h30m`. Reads back with `parseDuration`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / unitMs[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs[unit];
  }
  return text === '' ? '0s' : text;
}

function shortMs(text: string): number {
  let total = 0;
  for (const [, count, unit] of text.matchAll(shortPart)) {
    total += Number(count) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}

function isoMs(text: string): number | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  return isoUnits.reduce(
    (total, ms, index) => total + Number((match[index + 1] ?? '0').replace(',', '.')) * ms,
    0,
  );
}
