import type { ReportedError } from './reported-error.js';

/** The longest wait that a provider may impose on a retry; beyond it a workflow's timer is the better place. */
export const longestRetryAfterMs = 15 * 60_000;

/**
 * How long the other side asks to wait, in whatever way it says so: `retry-after-ms`; `retry-after` in seconds or as a
 * date; the reset of a limit that is used up, in headers of its own; a delay in the body; a sentence for people.
 */
export function retryAfterMs(
  { headers, text }: Pick<ReportedError, 'headers' | 'text'>,
  now: number,
): number | undefined {
  const wait =
    number(headers['retry-after-ms']) ??
    secondsOrDate(headers['retry-after'], now) ??
    resetOfUsedUp(headers, now) ??
    delayInBody(text, now);
  return wait === undefined ? undefined : Math.min(Math.max(0, Math.ceil(wait)), longestRetryAfterMs);
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function secondsOrDate(text: string | undefined, now: number): number | undefined {
  const seconds = number(text);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(text ?? '');
  return Number.isNaN(date) ? undefined : date - now;
}

/** Of the limits of which nothing is left, the one that takes longest; of OpenAI, Anthropic and OpenRouter. */
function resetOfUsedUp(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const waits = Object.entries(headers).flatMap(([name, value]) => {
    const [, limit = ''] =
      /^(?:x-ratelimit-reset|anthropic-ratelimit)(-[a-z-]+)?(?:-reset)?$/.exec(name) ?? [];
    if (!name.includes('reset')) return [];
    const remaining = name.startsWith('anthropic')
      ? headers[name.replace(/-reset$/, '-remaining')]
      : headers[`x-ratelimit-remaining${limit}`];
    const wait = moment(value, now);
    return wait === undefined || (remaining !== undefined && Number(remaining) > 0) ? [] : [wait];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** `1s`, `6m0s`, `250ms`; a date; or seconds or milliseconds since the epoch. */
function moment(text: string, now: number): number | undefined {
  const plain = number(text);
  if (plain !== undefined) {
    if (plain > 1e11) return plain - now;
    return plain > 1e8 ? plain * 1000 - now : plain * 1000;
  }
  return duration(text) ?? secondsOrDate(text, now);
}

function duration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text.trim()) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit as Unit] ?? 0), 0);
}

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;

/** Google's `retryDelay`, OpenRouter's reset in the body, and "Please try again in 6m0s". */
function delayInBody(text: string, now: number): number | undefined {
  const delay = /"retryDelay"\s*:\s*"([\d.]+s)"/.exec(text)?.[1];
  if (delay !== undefined) return duration(delay);
  const reset = /"x-ratelimit-reset"\s*:\s*"?(\d+)"?/i.exec(text)?.[1];
  if (reset !== undefined) return moment(reset, now);
  const said = /(?:try again|retry) in ((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)/i.exec(text)?.[1];
  return said === undefined ? undefined : duration(said);
}
