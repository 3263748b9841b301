import { z } from 'zod';

export const RepoField = z
  .string()
  .min(1)
  .describe('Folder of the repository; relative to the first workspace, or absolute');

/** The input of an analysis that needs nothing but the repository. */
export const RepoInput = z.strictObject({ repo: RepoField });

export const LimitedInput = z.strictObject({
  repo: RepoField,
  limit: z.int().min(1).max(500).default(50).describe('Entries listed at most'),
});
