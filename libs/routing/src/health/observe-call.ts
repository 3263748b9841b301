import type { CallObservation } from '../decision/route.js';
import { add, fadeTo, type HealthSums, sum } from './health-sums.js';
import { firstTokenSeconds, type Outlook } from './outlook.js';

/** Fewer tokens say nothing of the pace: they may have come in one piece. */
const tokensForPace = 8;
const shortestSeconds = 0.001;

/** Enters a call that has ended. `expected` is the outlook before it; `warmTokens` the prefix that should have been cached. */
export function observeCall(
  sums: HealthSums,
  call: CallObservation,
  expected: Outlook,
  warmTokens: number,
): void {
  fadeTo(sums, call.at);
  sums.seenAt = Math.max(sums.seenAt ?? 0, call.at);
  if (call.outcome === 'neutral') return;
  add(sums, sum.calls);
  if (call.outcome === 'answered') {
    sums.streak = 0;
    sums.succeeded = true;
    observeTimes(sums, call, expected);
    if (warmTokens > 0) {
      add(sums, sum.prefixTokens, warmTokens);
      add(sums, sum.prefixCached, Math.min(warmTokens, call.cachedTokens));
    }
    return;
  }
  add(sums, sum.failedWeight);
  add(sums, sum.failedSeconds, call.totalMs / 1000);
  add(sums, sum.failedBilled, call.billedShare ?? 0);
  // A limit is no fault: the next call may pass.
  if (call.outcome === 'limited') return add(sums, sum.limits);
  add(sums, sum.failures);
  sums.streak += 1;
  if (call.outcome === 'slow' && call.firstTokenMs === null) observeSilence(sums, call, expected);
}

function observeTimes(sums: HealthSums, call: CallObservation, expected: Outlook): void {
  const kiloTokens = Math.max(0, call.inputTokens - call.cachedTokens) / 1000;
  const seconds = Math.max(shortestSeconds, call.totalMs / 1000);
  if (call.firstTokenMs !== null) {
    const first = Math.max(shortestSeconds, call.firstTokenMs / 1000);
    observeFirst(sums, first, kiloTokens, expected);
    const writing = seconds - first;
    if (call.outputTokens >= tokensForPace && writing > shortestSeconds)
      observePace(sums, (call.outputTokens - 1) / writing);
    return;
  }
  // Not streamed: nobody saw where the time went, so both parts get their expected share of it.
  const first = firstTokenSeconds(expected, kiloTokens);
  const ratio = seconds / (first + call.outputTokens / expected.tokensPerSecond);
  observeFirst(sums, Math.max(shortestSeconds, first * ratio), kiloTokens, expected);
  if (call.outputTokens >= tokensForPace) observePace(sums, expected.tokensPerSecond / ratio);
}

/** A call that was given up is censored: it would have taken at least that long, and nobody knows how much longer. */
function observeSilence(sums: HealthSums, call: CallObservation, expected: Outlook): void {
  const waited = Math.max(shortestSeconds, call.totalMs / 1000);
  const kiloTokens = Math.max(0, call.inputTokens - call.cachedTokens) / 1000;
  observeFirst(sums, Math.max(waited, firstTokenSeconds(expected, kiloTokens)), kiloTokens, expected);
}

function observeFirst(sums: HealthSums, seconds: number, kiloTokens: number, expected: Outlook): void {
  const log = Math.log(seconds / (1 + expected.growthPerKiloToken * kiloTokens));
  add(sums, sum.firstWeight);
  add(sums, sum.firstLog, log);
  add(sums, sum.firstSquares, log * log);
  add(sums, sum.recentFirstWeight);
  add(sums, sum.recentFirstLog, log);
  // Relative to the present level, so that a brown-out does not pass for long inputs; stragglers are cut.
  const relative = Math.min(20, seconds / expected.firstTokenSeconds);
  add(sums, sum.sizeWeight);
  add(sums, sum.sizeTokens, kiloTokens);
  add(sums, sum.sizeTime, relative);
  add(sums, sum.sizeTokensSquared, kiloTokens * kiloTokens);
  add(sums, sum.sizeTokensTime, kiloTokens * relative);
}

function observePace(sums: HealthSums, tokensPerSecond: number): void {
  const log = Math.log(tokensPerSecond);
  add(sums, sum.paceWeight);
  add(sums, sum.paceLog, log);
  add(sums, sum.paceSquares, log * log);
  add(sums, sum.recentPaceWeight);
  add(sums, sum.recentPaceLog, log);
}
