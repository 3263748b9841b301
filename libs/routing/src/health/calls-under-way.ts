import { noSilence, type Silence } from './outlook.js';

/** The calls at one deployment that have begun and not ended. */
export interface CallsUnderWay {
  readonly starts: number[];
  answeredAt: number;
  /** What an answer takes, in milliseconds: a mean over the last few dozen. */
  usualMs: number;
}

/** A call is overdue after so many times what answers take, and not before the shortest. */
const overdueTimes = 4;
const shortestOverdueMs = 5_000;
const weightOfOne = 1 / 32;

export function noCalls(): CallsUnderWay {
  return { starts: [], answeredAt: 0, usualMs: 5_000 };
}

/** Ends the call that began closest to that moment: the clock of the call and that of the router may differ a little. */
export function endCall(calls: CallsUnderWay, began: number): void {
  const { starts } = calls;
  let closest = 0;
  for (let i = 1; i < starts.length; i++)
    if (Math.abs((starts[i] ?? 0) - began) < Math.abs((starts[closest] ?? 0) - began)) closest = i;
  starts.splice(closest, 1);
}

export function noteAnswer(calls: CallsUnderWay, at: number, tookMs: number): void {
  calls.answeredAt = Math.max(calls.answeredAt, at);
  calls.usualMs += (tookMs - calls.usualMs) * weightOfOne;
}

/**
 * A provider that hangs fails nobody until patience ends, and takes in calls all the while. So calls that are overdue while
 * nothing at all is answered count before they have failed.
 */
export function silenceOf({ starts, answeredAt, usualMs }: CallsUnderWay, now: number): Silence {
  const overdueMs = Math.max(shortestOverdueMs, overdueTimes * usualMs);
  if (starts.length === 0 || now - answeredAt < overdueMs) return noSilence;
  let calls = 0;
  let longest = 0;
  for (const start of starts) {
    if (now - start < overdueMs) continue;
    calls += 1;
    longest = Math.max(longest, now - start);
  }
  return calls === 0 ? noSilence : { calls, seconds: longest / 1000 };
}
