import { type ApiErrorCode, apiErrorCodes, failureOf, isNexusError } from '#contracts';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';

/** What every error of the API says besides its message. */
export interface ErrorExtensions {
  readonly [name: string]: unknown;
  readonly code: string;
  readonly requestId: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly hint: string | null;
}

const apiCodes: ReadonlySet<string> = new Set(apiErrorCodes);

/** Codes of task failures and of Apollo, as the API calls them. */
const translated: Readonly<Record<string, ApiErrorCode>> = {
  TIMEOUT: 'UNAVAILABLE',
  DEADLINE_EXCEEDED: 'UNAVAILABLE',
  INVALID_INPUT: 'BAD_USER_INPUT',
  EXPRESSION_FAILED: 'BAD_USER_INPUT',
  CONTEXT_OVERFLOW: 'BAD_USER_INPUT',
  OUTPUT_TOO_LARGE: 'BAD_USER_INPUT',
  INVALID_OUTPUT: 'PROVIDER_UNAVAILABLE',
  PROVIDER_AUTH: 'PROVIDER_UNAVAILABLE',
  PROVIDER_QUOTA: 'PROVIDER_UNAVAILABLE',
  CONTENT_FILTERED: 'PROVIDER_UNAVAILABLE',
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_FOUND: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_USER_INPUT',
};

/** The error that a resolver threw, without what GraphQL wrapped around it. */
export function thrownError(error: unknown): unknown {
  let inner = error;
  while (inner instanceof GraphQLError && inner.originalError) inner = inner.originalError;
  return inner;
}

/** The public code of any caught value. */
export function apiCodeOf(error: unknown): string {
  const thrown = thrownError(error);
  if (isNexusError(thrown)) return apiCode(thrown.code);
  for (let at: unknown = error; at instanceof GraphQLError; at = at.originalError) {
    const { code } = at.extensions;
    if (typeof code === 'string') return code.startsWith('GRAPHQL_') ? code : apiCode(code);
    if (at.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return 'BAD_USER_INPUT';
  }
  return 'INTERNAL';
}

function apiCode(code: string): ApiErrorCode {
  return apiCodes.has(code) ? (code as ApiErrorCode) : (translated[code] ?? 'INTERNAL');
}

/** The message people may see: what nobody meant to say stays in the log. */
export function maskedMessage(error: unknown): string {
  const thrown = thrownError(error);
  if (isNexusError(thrown)) return thrown.message;
  if (apiCodeOf(error) !== 'INTERNAL' && error instanceof Error) return error.message;
  return 'something went wrong here; the log has it under this request ID';
}

/** Code, request ID, and what the caller can do. */
export function errorExtensions(error: unknown, requestId: string): ErrorExtensions {
  const code = apiCodeOf(error);
  const failure = failureOf(thrownError(error));
  return {
    code,
    requestId,
    retryable: failure.retryable,
    retryAfterMs: failure.retryAfterMs ?? null,
    hint: failure.hint ?? null,
  };
}

/** The one way from an error inside to an error of the GraphQL API. */
export function presentError(error: GraphQLError, requestId: string): GraphQLFormattedError {
  return {
    message: maskedMessage(error),
    ...(error.locations ? { locations: error.locations } : {}),
    ...(error.path ? { path: error.path } : {}),
    extensions: errorExtensions(error, requestId),
  };
}
