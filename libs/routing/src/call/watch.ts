import { nexusError } from '#contracts';
import type { NexusError } from '#contracts';

/** How long a call may be silent. A heartbeat says that the worker lives; these say that the call does. */
export interface CallTimeouts {
  readonly callMs: number;
  readonly firstPartMs: number;
  readonly stallMs: number;
}

export const defaultTimeouts: CallTimeouts = { callMs: 300_000, firstPartMs: 90_000, stallMs: 45_000 };

/** Watches one call: cuts it when the caller gives up or when it is silent for too long. */
export interface CallWatch {
  readonly signal: AbortSignal;
  /** A part of a stream arrived; the next one may take `stallMs`. */
  readonly partArrived: () => void;
  readonly stop: () => void;
  /** Why the call was cut; null when it was not. */
  readonly cut: () => NexusError | null;
}

export function watchCall(
  what: string,
  kind: 'whole' | 'stream',
  timeouts: CallTimeouts,
  callers: readonly (AbortSignal | undefined)[],
): CallWatch {
  const silence = new AbortController();
  const given = callers.filter((signal) => signal !== undefined);
  let reason: NexusError | null = null;
  const cutAfter = (ms: number, doing: string): NodeJS.Timeout =>
    setTimeout(() => {
      reason = nexusError('TIMEOUT', `${what}: ${doing} for ${ms} ms`, { retryable: true });
      silence.abort(reason);
    }, ms);
  const whole = cutAfter(timeouts.callMs, 'no end of the answer');
  let part = kind === 'stream' ? cutAfter(timeouts.firstPartMs, 'no first part of the answer') : undefined;
  return {
    signal: AbortSignal.any([silence.signal, ...given]),
    partArrived: () => {
      clearTimeout(part);
      part = cutAfter(timeouts.stallMs, 'no further part of the answer');
    },
    stop: () => {
      clearTimeout(whole);
      clearTimeout(part);
    },
    cut: () => reason ?? (given.some(({ aborted }) => aborted) ? cancelled(what) : null),
  };
}

function cancelled(what: string): NexusError {
  return nexusError('CANCELLED', `${what}: the call was cancelled`);
}
