import { callFailure } from '../failure/call-failure.js';
import type { CallFailure } from '../failure/call-failure.js';
import type { FailureKind } from '../failure/failure-table.js';

/** How long a call may be silent. A heartbeat says that the worker lives; these say that the call does. */
export interface CallTimeouts {
  /** Of all hops together. */
  readonly callMs: number;
  /** Until the first token: of thought, of text or of a tool's call. */
  readonly firstPartMs: number;
  readonly stallMs: number;
}

export const defaultTimeouts: CallTimeouts = { callMs: 300_000, firstPartMs: 120_000, stallMs: 45_000 };

/** Watches one hop: cuts it when the caller gives up or when it is silent for too long. */
export interface CallWatch {
  readonly signal: AbortSignal;
  /** Something of the answer arrived; what follows may take `stallMs`. */
  readonly contentArrived: () => void;
  readonly stop: () => void;
  /** Why the call was cut; null when it was not. */
  readonly cut: () => CallFailure | null;
}

export function watchCall(
  what: string,
  timeouts: CallTimeouts,
  /** Of all the time for the call, what is left. */
  leftMs: number,
  streams: boolean,
  callers: readonly (AbortSignal | undefined)[],
): CallWatch {
  const silence = new AbortController();
  const given = callers.filter((signal) => signal !== undefined);
  let reason: CallFailure | null = null;
  const cutAfter = (ms: number, kind: FailureKind, doing: string): NodeJS.Timeout =>
    setTimeout(() => {
      reason = callFailure(kind, `${what}: ${doing} for ${ms} ms`);
      silence.abort(reason.error);
    }, ms);
  const whole = cutAfter(Math.max(1, leftMs), 'too-long', 'no end of the answer');
  let part = streams ? cutAfter(timeouts.firstPartMs, 'silent', 'no first part of the answer') : undefined;
  return {
    signal: AbortSignal.any([silence.signal, ...given]),
    contentArrived: () => {
      clearTimeout(part);
      part = cutAfter(timeouts.stallMs, 'stalled', 'no further part of the answer');
    },
    stop: () => {
      clearTimeout(whole);
      clearTimeout(part);
    },
    cut: () =>
      reason ??
      (given.some(({ aborted }) => aborted)
        ? callFailure('cancelled', `${what}: the call was cancelled`)
        : null),
  };
}
