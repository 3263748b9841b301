import type { JsonObject, JsonSchema, JsonValue } from '#contracts';
import { taskFailureCodes } from '#contracts';
import { z } from 'zod';
import { durationHint, durationMs } from './duration.js';

const durationMeta = { examples: ['500ms', '10s', '5m', '2h', 'PT5M'] };

/** Text that holds an expression, and not only the escape of one. */
export function holdsExpression(text: string): boolean {
  return text.replaceAll('$${', '').includes('${');
}

/** A duration such as `5m` or `PT5M`, longer than nothing. */
export const Duration = z
  .string()
  .refine((text) => (durationMs(text) ?? 0) > 0, { error: `not a duration longer than 0: ${durationHint}` })
  .meta(durationMeta);

/** A duration, or an expression that gives one. */
export const DurationOrExpression = z
  .string()
  .refine((text) => holdsExpression(text) || durationMs(text) !== undefined, {
    error: `not a duration: ${durationHint}`,
  })
  .meta(durationMeta);

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** A moment in RFC 3339, or an expression that gives one. */
export const MomentOrExpression = z
  .string()
  .refine((text) => holdsExpression(text) || (rfc3339.test(text) && !Number.isNaN(Date.parse(text))), {
    error: 'not an RFC 3339 time: write for example 2030-01-31T08:00:00Z',
  })
  .meta({ examples: ['2030-01-31T08:00:00Z'] });

/** Any JSON value. That the document is JSON at all is checked before its schema is. */
export const Json = z.custom<JsonValue>((value) => value !== undefined, { error: 'missing' });

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON object, kept as it is. */
export const JsonFields = z
  .custom<JsonObject>(isObject, { error: 'expected an object' })
  .meta({ type: 'object' });

/** A JSON Schema, kept as data. */
export const Schema = z
  .custom<JsonSchema>(isObject, { error: 'expected a JSON Schema (an object)' })
  .meta({ type: 'object' });

/** An expression that is asked for its truth, or a plain truth value. */
export const Condition = z.union([z.boolean(), z.string()]);

export const TaskId = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, {
  error: 'an id is a small letter and then up to 62 of a-z, 0-9, _ and -',
});

/** What to do when a task fails for good. */
export const OnError = z.enum(['fail', 'continue', 'escalate']);
export type OnError = z.infer<typeof OnError>;

/** Whether short tasks share an activity, or each has its own. */
export const Grain = z.enum(['auto', 'task']);
export type Grain = z.infer<typeof Grain>;

/** How attempts are repeated; what is left out has the product's default. */
export const RetryPolicy = z.strictObject({
  maxAttempts: z.int().min(1).max(1_000).optional().describe('All attempts, the first included; default 3'),
  initial: Duration.optional().describe('Pause before the second attempt; default 1s'),
  factor: z.number().min(1).max(100).optional().describe('Each pause is this many times the last; default 2'),
  max: Duration.optional().describe('The longest pause; default 30s'),
  on: z.array(z.enum(taskFailureCodes)).optional().describe('Codes that are tried again'),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** How the effect of a task is undone. */
export const Compensation = z.strictObject({
  tool: z.string().min(1),
  with: JsonFields.optional(),
  timeout: Duration.optional(),
  retry: RetryPolicy.optional(),
});
export type Compensation = z.infer<typeof Compensation>;

/** How long an equal call gives the stored result. */
export const CachePolicy = z.strictObject({ ttl: Duration });
export type CachePolicy = z.infer<typeof CachePolicy>;

/** Bounds of an agent's loop. */
export const AgentLimits = z.strictObject({
  maxTurns: z.int().min(1).optional(),
  maxTokens: z.int().min(1).optional(),
});
export type AgentLimits = z.infer<typeof AgentLimits>;

/** One message of a model's conversation. */
export const ModelMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});
export type ModelMessage = z.infer<typeof ModelMessage>;
