import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '#contracts';

/** Express's `next`. */
export type Next = (error?: unknown) => void;

const requests = new AsyncLocalStorage<{ readonly id: string; readonly origin: string }>();
const acceptable = /^[\w.:/+=-]{1,128}$/;

/** The caller's `x-request-id` when it is fit for logs, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : newId('req');
}

/** ID of the HTTP request being served; it is in every error, every log line and the reply's header. */
export function currentRequestId(): string {
  return requests.getStore()?.id ?? newId('req');
}

/** The address under which the caller of the request being served has reached this server. */
export function currentOrigin(): string {
  return requests.getStore()?.origin ?? '';
}

function originOf({ headers, socket }: IncomingMessage): string {
  // Behind a proxy that speaks TLS only it knows so.
  const isSecure = headers['x-forwarded-proto'] === 'https' || 'encrypted' in socket;
  const origin = `${isSecure ? 'https' : 'http'}://${headers.host ?? ''}`;
  return URL.canParse(origin) ? new URL(origin).origin : '';
}

/** Gives each request its ID, and says it in the reply. */
export function requestContext(request: IncomingMessage, response: ServerResponse, next: Next): void {
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  requests.run({ id: requestId, origin: originOf(request) }, next);
}
