import type { CallName } from './state.js';

/**
 * So many calls are told apart. Beyond, the rarest is forgotten for a new one: a call that is repeated often enough to
 * matter comes again, and a run of a million different calls stays as small as any.
 */
const most = 1_000;

/** These counts with one call more, or several equal ones. */
export function withCall(
  calls: Readonly<Record<CallName, number>>,
  call: CallName,
  times = 1,
): Readonly<Record<CallName, number>> {
  const known = calls[call];
  const next = { ...calls, [call]: (known ?? 0) + times };
  const names = known === undefined ? Object.keys(calls) : [];
  if (names.length < most) return next;
  // Of equally rare ones the one that came first: it has had the longest time to be repeated.
  const rarest = names.reduce((least, name) => ((calls[name] ?? 0) < (calls[least] ?? 0) ? name : least));
  const { [rarest]: _, ...kept } = next;
  return kept;
}
