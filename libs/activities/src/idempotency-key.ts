import { createHash, randomUUID } from 'node:crypto';
import type { Effect } from '#contracts';
import { plantedBug } from '#failpoints';

/**
 * The key that an effect carries: the same for all automatic attempts of a task, another after a person's
 * retry or a compensation, which raise the generation. 64 hexadecimal digits (SHA-256).
 */
export function idempotencyKey(tenant: string, runId: string, path: string, generation = 0): string {
  if (plantedBug('effect-without-key')) return randomUUID();
  return createHash('sha256')
    .update(JSON.stringify([tenant, runId, path, generation]))
    .digest('hex');
}

/** The key of what undoes an effect: the same however often it is tried. */
export function compensationKey(effect: Pick<Effect, 'tenant' | 'runId' | 'path' | 'generation'>): string {
  const { tenant, runId, path, generation } = effect;
  return createHash('sha256')
    .update(JSON.stringify([tenant, runId, path, generation, 'compensate']))
    .digest('hex');
}
