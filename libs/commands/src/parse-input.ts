import { nexusError } from '#contracts';
import { z } from 'zod';

/** The input as the command's schema has it, or an error that names every fault and its place. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const place = z.core.toDotPath(issue.path);
    return place === '' ? issue.message : `${place}: ${issue.message}`;
  });
  throw nexusError('BAD_USER_INPUT', faults.join('; '));
}
