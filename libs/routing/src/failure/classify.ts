import { isNexusError } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';
import { callFailure } from './call-failure.js';
import type { CallFailure } from './call-failure.js';
import type { FailureKind } from './failure-table.js';
import { reportedError } from './reported-error.js';
import type { ReportedError } from './reported-error.js';
import { retryAfterMs } from './retry-after.js';

export interface FailureContext {
  readonly deployment: Pick<Deployment, 'id'>;
  readonly redact: (text: string) => string;
  readonly now: () => number;
}

/** What went wrong with a model call, in the terms of the table; null for an error that is ours already. */
export function classifyModelError(error: unknown, context: FailureContext): CallFailure | null {
  if (isNexusError(error)) return null;
  const reported = reportedError(error);
  if (reported !== null) return ofReport(reported, context);
  const text = error instanceof Error ? error.message : (JSON.stringify(error) ?? String(error));
  return told(kindOfThrown(error, text), text, context);
}

function ofReport(reported: ReportedError, context: FailureContext): CallFailure {
  const kind = kindOf(reported);
  const wait = retryAfterMs(reported, context.now());
  const advice = reported.headers['x-should-retry'];
  const details = {
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(advice === undefined ? {} : { retryable: advice === 'true' }),
  };
  return told(kind, reported.message, context, details);
}

function told(
  kind: FailureKind,
  text: string,
  { deployment, redact }: FailureContext,
  details: Parameters<typeof callFailure>[2] = {},
): CallFailure {
  const said = text.length > 500 ? `${text.slice(0, 500)}…` : text;
  return callFailure(kind, redact(`${deployment.id}: ${said}`), details);
}

/** Refusals that providers tell apart by words rather than by status, in the order in which they are looked for. */
const words: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'out-of-credit',
    /insufficient_quota|billing_hard_limit|billing_error|credit balance|insufficient (credits?|funds|balance)|spend(ing)? limit|usage limits?\b.*(regain|reached)|exceeded your current quota, please check your plan/i,
  ],
  [
    'malformed-tool-call',
    /tool_use_failed|failed_generation|failed to call a function|malformed_function_call/i,
  ],
  [
    'context-overflow',
    /context_length_exceeded|maximum context length|context window|prompt is too long|(input|request) is too long|input token count.*exceeds|exceeds the (available )?context/i,
  ],
  [
    'content-filtered',
    /content_filter|content_policy|content management policy|safety system|requires moderation|flagged (for|by)|PROHIBITED_CONTENT/i,
  ],
];

function kindOf({ status, text, inBand }: ReportedError): FailureKind {
  const byWords = words.find(([, pattern]) => pattern.test(text))?.[0];
  if (status === undefined) return byWords ?? (inBand ? 'broke-off' : 'unreachable');
  if (status < 400) return byWords ?? 'bad-reply';
  if (status === 402) return 'out-of-credit';
  // A rate limit counted in tokens speaks of tokens too.
  if (status === 429) return byWords === 'out-of-credit' ? byWords : 'rate-limited';
  if (status === 503 || status === 529) return 'overloaded';
  if (status >= 500 || status === 408 || status === 409 || status === 425) return 'broken';
  if (byWords !== undefined) return byWords;
  // Google refuses a wrong key so.
  if (status === 401 || status === 403 || /API_KEY_INVALID|api key not valid/i.test(text)) return 'bad-key';
  return status === 404 ? 'unknown-model' : 'invalid-request';
}

function kindOfThrown(error: unknown, text: string): FailureKind {
  const byWords = words.find(([, pattern]) => pattern.test(text))?.[0];
  if (byWords !== undefined) return byWords;
  const name = error instanceof Error ? error.name : '';
  if (/without a finish|ended (early|prematurely)/i.test(text)) return 'broke-off';
  if (isNetworkError(error)) return 'unreachable';
  if (badReplies.includes(name) || badReplyWords.test(text)) return 'bad-reply';
  return name.startsWith('AI_') ? 'invalid-request' : 'unexpected';
}

/** The provider answered, but not in the form that its API promises. */
const badReplies: readonly string[] = [
  'AI_JSONParseError',
  'AI_TypeValidationError',
  'AI_InvalidResponseDataError',
  'AI_EmptyResponseBodyError',
  'AI_NoContentGeneratedError',
];

/** Adapters that stumble over such an answer themselves. */
const badReplyWords = /normalized \w+ stream error|unsupported chunk type/i;

function isNetworkError(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown };
    if (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code)) return true;
    if (['fetch failed', 'terminated'].includes(each.message)) return true;
  }
  return false;
}
