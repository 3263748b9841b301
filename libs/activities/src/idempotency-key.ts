import { createHash, randomUUID } from 'node:crypto';
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
