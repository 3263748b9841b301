import type { WaitKind, WaitReason } from '#contracts';

/** By how much a person can do about it: first what waits for a person, last what goes on by itself. */
const ranked: readonly WaitKind[] = [
  'APPROVAL',
  'UNCERTAIN',
  'BUDGET',
  'KILL_SWITCH',
  'PAUSED',
  'NO_WORKER',
  'DEPENDENCY',
  'RATE_LIMIT',
  'RETRY_BACKOFF',
  'QUEUE',
  'TIMER',
];

/** Of several waits the one that a person can do most about; of equal ones the first. */
export function foremost(waits: readonly (WaitReason | null | undefined)[]): WaitReason | null {
  const known = waits.filter((wait) => wait != null);
  return known.sort((a, b) => ranked.indexOf(a.kind) - ranked.indexOf(b.kind))[0] ?? null;
}
