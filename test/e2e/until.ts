import { setTimeout as wait } from 'node:timers/promises';

/** What the condition gives once it gives something; fails, saying what was waited for, when that takes too long. */
export async function until<Found>(
  what: string,
  condition: () => Found | Promise<Found>,
  { withinMs = 60_000, everyMs = 25 }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<NonNullable<Found>> {
  const giveUp = Date.now() + withinMs;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > giveUp) throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`);
    await wait(everyMs);
  }
}
