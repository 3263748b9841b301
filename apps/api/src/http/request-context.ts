import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '#contracts';

/** Express's `next`. */
export type Next = (error?: unknown) => void;

const requestIds = new AsyncLocalStorage<string>();
const acceptable = /^[\w.:/+=-]{1,128}$/;

/** The caller's `x-request-id` when it is fit for logs, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : newId('req');
}

/** ID of the HTTP request being served; it is in every error, every log line and the reply's header. */
export function currentRequestId(): string {
  return requestIds.getStore() ?? newId('req');
}

/** Gives each request its ID, and says it in the reply. */
export function requestContext(request: IncomingMessage, response: ServerResponse, next: Next): void {
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  requestIds.run(requestId, next);
}
