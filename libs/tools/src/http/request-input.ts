import { nexusError } from '#contracts';
import { z } from 'zod';

/** What `http.request` takes. */
export const RequestInput = z.strictObject({
  method: z
    .string()
    .regex(/^[A-Za-z]{1,20}$/)
    .transform((method) => method.toUpperCase())
    .pipe(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']))
    .default('GET')
    .describe('GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS'),
  url: z.string().min(1).describe('http or https, without user and password'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/), z.string().regex(/^[^\0\r\n]*$/))
    .default({})
    .describe('Sent as they are'),
  body: z.json().optional().describe('Text is sent as it is, anything else as JSON'),
  expect: z
    .array(z.int().min(100).max(599))
    .min(1)
    .optional()
    .describe('Statuses that count as success; default: 200 to 299'),
});
export type RequestInput = z.infer<typeof RequestInput>;

/** One request as it goes out; each redirect makes the next one. */
export interface Hop {
  readonly method: RequestInput['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The first request of an input: JSON bodies and the idempotency key get their headers. */
export function firstHop(input: RequestInput, idempotencyKey: string): Hop {
  const lowered = Object.fromEntries(
    Object.entries(input.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const text = typeof input.body === 'string' || input.body === undefined;
  const effectful = input.method !== 'GET' && input.method !== 'HEAD';
  return {
    method: input.method,
    url: checkedUrl(input.url),
    headers: {
      'user-agent': 'nexus',
      ...(text ? {} : { 'content-type': 'application/json' }),
      ...(effectful ? { 'idempotency-key': idempotencyKey } : {}),
      ...lowered,
    },
    body: text ? (input.body as string | undefined) : JSON.stringify(input.body),
  };
}

/** A URL that may be requested at all. Where it leads is checked when it is dialled. */
export function checkedUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href))
    throw nexusError('INVALID_INPUT', `url: ${JSON.stringify(text)} is no URL`);
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw nexusError('FORBIDDEN_ADDRESS', `${url.protocol} is not requested, only http and https`);
  }
  if (url.username !== '' || url.password !== '') {
    throw nexusError('INVALID_INPUT', `url: ${url.origin}: must not hold a user or password`, {
      hint: 'Send an Authorization header.',
    });
  }
  return url;
}
