import type { KeptEffect } from '#contracts';

/**
 * Why a rollback has nothing to do about an effect, or null when it has:
 * - `compensated`, `marked`: it is undone, by a call or by a person
 * - `none`: it is known not to have happened
 * - `undeclared`: nothing says how it could be undone
 */
export type NothingToUndo = 'compensated' | 'marked' | 'none' | 'undeclared';

/** What may have happened is undone like what has; what could not be undone may be tried again. */
export function nothingToUndo(
  effect: Pick<KeptEffect, 'state' | 'compensating' | 'compensation'>,
): NothingToUndo | null {
  if (effect.compensation?.state === 'COMPENSATED') return 'compensated';
  if (effect.compensation?.state === 'MARKED') return 'marked';
  if (effect.state === 'NONE') return 'none';
  return effect.compensating === null ? 'undeclared' : null;
}
