import type { IncomingMessage, ServerResponse } from 'node:http';
import { isNexusError, nexusError, type NexusError } from '#contracts';
import { apiCodeOf, errorExtensions, maskedMessage } from '../graphql/present-error.js';
import { currentRequestId, type Next } from './request-context.js';

const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  CONFLICT: 409,
  IDEMPOTENCY_MISMATCH: 422,
  BUDGET_EXCEEDED: 402,
  RATE_LIMITED: 429,
  QUOTA_EXCEEDED: 429,
  KILL_SWITCH_ACTIVE: 423,
  FAILED_PRECONDITION: 412,
  PROVIDER_UNAVAILABLE: 503,
  UNAVAILABLE: 503,
};

/** The largest body that a request may have: inputs of 32 MB, a plan of 1 MB, and what JSON adds. */
export const maxBodyBytes = 40 * 1024 * 1024;

/** Answers a failed request: under `/graphql` as GraphQL does, elsewhere as a problem (RFC 9457). */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  given?: number,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const code = apiCodeOf(error);
  const message = maskedMessage(error);
  const extensions = errorExtensions(error, currentRequestId());
  const status = given ?? statuses[code] ?? 500;
  // Under /graphql Express has cut the mount path off `url`.
  const path = (request as { originalUrl?: string }).originalUrl ?? request.url ?? '';
  if (path.startsWith('/graphql')) {
    send(response, status, 'application/json', { errors: [{ message, extensions }] });
  } else {
    const type = `urn:nexus:error:${code}`;
    send(response, status, 'application/problem+json', {
      type,
      title: code,
      status,
      detail: message,
      ...extensions,
    });
  }
}

function send(response: ServerResponse, status: number, type: string, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.end(JSON.stringify(body));
}

/** Answers for a body that could not be read: too large, cut off, or not JSON. Express asks for four parameters. */
export function bodyErrors(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
): void {
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (isNexusError(error) || typeof type !== 'string' || typeof status !== 'number') {
    next(error);
    return;
  }
  sendError(request, response, bodyFault(type, (error as Error).message), status);
}

function bodyFault(type: string, message: string): NexusError {
  if (type === 'entity.too.large') {
    return nexusError('BAD_USER_INPUT', `the request is larger than ${maxBodyBytes / 1024 / 1024} MB`, {
      hint: 'inputs may have 32 MB, a plan 1 MB; put what is larger in a file and pass its path',
    });
  }
  if (type === 'entity.parse.failed')
    return nexusError('BAD_USER_INPUT', `the request's body is not JSON: ${message}`);
  return nexusError('BAD_USER_INPUT', `the request's body cannot be read: ${message}`);
}
