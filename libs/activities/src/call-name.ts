import { createHash } from 'node:crypto';
import type { StoredValue } from '#contracts';
import type { BoundTask } from '#plan';

/** Equal calls of tools have equal names; what is no call, or did not come to one, has none. */
export function callName({ spec }: BoundTask, input: StoredValue | undefined): string | undefined {
  if (spec.kind !== 'tool' || input === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([spec.tool, input]))
    .digest('hex')
    .slice(0, 12);
}
