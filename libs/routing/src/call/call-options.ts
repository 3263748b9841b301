import type { SharedV4ProviderOptions } from '@ai-sdk/provider';
import { z } from 'zod';
import { nexusError } from '#contracts';

/** Whose call it is and what it belongs to: `providerOptions.nexus` of every call, JSON only. */
export const NexusCallOptions = z
  .strictObject({
    tenant: z.string().min(1),
    /** Null for a call outside any run, such as the preview of a plan. */
    runId: z.string().nullable(),
    taskPath: z.string().nullable(),
    /**
     * The call is a turn of a kept conversation: the prompt holds what is new in this turn, and what came before
     * is put in front of it here, so that histories carry every message once.
     */
    conversation: z
      .strictObject({
        /** Names the conversation within the run. */
        id: z.string().min(1),
        /** The turn this one follows, as its reply's `providerMetadata.nexus.turn` says; null for the first. */
        after: z.string().nullable(),
      })
      .optional(),
    /** Names the call where the same one may come again: what is reserved for it is named so. */
    key: z.string().min(1).optional(),
    /** Which attempt of its owner this is, from 1: text of a later one takes the place of what came before. */
    attempt: z.int().min(1).optional(),
    /** Milliseconds within which an answer is wanted. */
    deadlineMs: z.number().positive().optional(),
    /** Nano-dollars that a second is worth. */
    timeValue: z.number().min(0).optional(),
    /** An equal call of the tenant was answered not longer ago: that answer will do. */
    cache: z.strictObject({ ttlMs: z.int().positive() }).optional(),
    /** Deployments whose answers were of no use. */
    avoid: z.array(z.string()).optional(),
  })
  .refine(({ runId, conversation }) => conversation === undefined || runId !== null, {
    path: ['conversation'],
    error: 'conversations are kept with runs only',
  });
export type NexusCallOptions = z.infer<typeof NexusCallOptions>;

/** Reads the options of a call; faults are told by their path. */
export function readCallOptions(options: SharedV4ProviderOptions | undefined): NexusCallOptions {
  const read = NexusCallOptions.safeParse(options?.['nexus']);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `providerOptions.nexus${at(path)}: ${message}`);
  throw nexusError('INVALID_INPUT', faults.join('; '), {
    hint: 'every call says its tenant, runId and taskPath',
  });
}

function at(path: readonly PropertyKey[]): string {
  return path.map((key) => `.${String(key)}`).join('');
}
