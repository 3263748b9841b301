import { type JsonValue, parseUsd, runStatuses, triggerActions, triggerKinds } from '#contracts';
import { z } from 'zod';

/** Any JSON value. */
export const Json = z.custom<JsonValue>((value) => value !== undefined, { error: 'missing' });

/** Why somebody does it: kept with the run. */
export const Reason = z
  .string()
  .max(2_000)
  .refine((text) => text.trim() !== '', { error: 'a reason is not empty' });

/** An ID as people send it; whether it names anything is another question. */
export const Id = z.string();

/** Path of a task, such as `build` or `each[3]/lint`. */
export const TaskPath = z.string().min(1).max(2_000);

export const largestPage = 200;

/** Size of a page, and where it begins. */
export const pageFields = (size: number) => ({
  first: z
    .int()
    .min(1, { error: 'at least 1' })
    .max(largestPage, { error: `at most ${largestPage}; ask for the next page with \`after\`` })
    .nullish()
    .transform((first) => first ?? size),
  after: z
    .string()
    .max(4_000)
    .nullish()
    .transform((after) => after ?? null),
});

export const Priority = z
  .int()
  .min(1, { error: '1 (first) to 5 (last)' })
  .max(5, { error: '1 (first) to 5 (last)' })
  .nullish()
  .transform((priority) => priority ?? 3);

export const Labels = z
  .array(z.string().min(1).max(100))
  .max(50)
  .nullish()
  .transform((labels) => [...new Set(labels ?? [])]);

export const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .nullish()
  .transform((key) => key ?? undefined);

const Moment = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: 'not a time in RFC 3339' })
  .transform((text) => Date.parse(text));

export const Budget = z.strictObject({
  limit: z
    .string()
    .refine((text) => parseUsd(text) !== null, { error: 'not an amount in US dollars such as "1.25"' })
    .nullish(),
  maxTokens: z.int().min(0).nullish(),
  maxModelCalls: z.int().min(0).nullish(),
  deadline: Moment.nullish(),
  cheaper: z.boolean().nullish(),
});

export const Trigger = z
  .strictObject({
    on: z.enum(triggerKinds),
    threshold: z.number().positive({ error: 'more than 0' }),
    do: z.enum(triggerActions),
  })
  .refine(({ on, threshold }) => on !== 'ERROR_RATE' || threshold <= 1, {
    error: 'ERROR_RATE is a share: at most 1',
    path: ['threshold'],
  });

/** Which runs: all that is given must hold. */
export const RunFilter = z.strictObject({
  status: z.array(z.enum(runStatuses)).nullish(),
  labels: z.array(z.string()).max(50).nullish(),
  text: z.string().max(500).nullish(),
  createdAfter: Moment.nullish(),
  createdBefore: Moment.nullish(),
});
export type RunFilter = z.infer<typeof RunFilter>;

/** What is wanted, in a person's words. */
export const Goal = z
  .string()
  .max(20_000, { error: 'at most 20,000 characters; pass large texts as inputs' })
  .refine((text) => text.trim() !== '', { error: 'a goal is not empty' });
