import { z } from 'zod';
import { Notes } from '../part.js';

const Problem = z.object({ path: z.string(), line: z.number().nullable(), message: z.string() });
export type Problem = z.infer<typeof Problem>;

const Check = z.object({
  name: z.string(),
  /** What was run, or done instead of running something. */
  what: z.string(),
  ok: z.boolean(),
  files: z.number().nullable(),
  exitCode: z.number().nullable(),
  ms: z.number(),
  problems: z.array(Problem),
  problemCount: z.number(),
  output: z.string(),
});
export type Check = z.infer<typeof Check>;

/** What cheap checks say of a repository. Its own tests are never run. */
export const CheckResult = z.object({
  checks: z.array(Check),
  skipped: z.array(z.object({ name: z.string(), why: z.string() })),
  notes: Notes,
});
export type CheckResult = z.infer<typeof CheckResult>;

/** Problems listed of one check. */
export const listedProblems = 50;
