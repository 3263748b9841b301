import type { JsonValue, NexusError, Tool, ToolContext } from '#contracts';
import { isNexusError, nexusError } from '#contracts';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { defineTool } from '../definition.js';
import { abortError } from '../process/captured-process.js';
import { createAllowList } from './allow-list.js';
import { acceptedEncodings, bodyValue, readBody } from './body.js';
import type { Resolve } from './guarded-agent.js';
import { createGuardedAgent } from './guarded-agent.js';
import { maxRedirects, nextHop } from './redirect.js';
import type { Hop } from './request-input.js';
import { firstHop, RequestInput } from './request-input.js';
import { retryAfterMs } from './retry-after.js';

/** Makes the tool; `allow` lists the `host:port` pairs that need not be public. */
export function httpRequestTool(allow: readonly string[], resolve?: Resolve): Tool {
  const agent = createGuardedAgent(createAllowList(allow), resolve);
  return defineTool({
    name: 'http.request',
    description:
      'Sends an HTTP request to a public address: { status, headers, body }. JSON replies are parsed; ' +
      'binary ones come in base64, with encoding: "base64".',
    input: RequestInput,
    effect: 'keyed',
    expectedMs: 5000,
    run: async (input, context) => {
      const hop = checkedFirstHop(input, context.idempotencyKey);
      try {
        return await exchange(agent, hop, input.expect, context.signal);
      } catch (error) {
        throw context.signal.aborted ? abortError(context.signal) : requestError(hop, error);
      }
    },
  });
}

async function exchange(
  agent: Dispatcher,
  first: Hop,
  expect: readonly number[] | undefined,
  signal: ToolContext['signal'],
): Promise<JsonValue> {
  let hop = first;
  for (let redirected = 0; ; redirected++) {
    const reply = await request(hop.url, {
      method: hop.method,
      headers: { 'accept-encoding': acceptedEncodings, ...hop.headers },
      body: hop.body ?? null,
      dispatcher: agent,
      signal,
    }).catch((error: unknown) => {
      throw requestError(hop, error, redirected === 0);
    });
    const status = reply.statusCode;
    const headers = flatHeaders(reply.headers);
    const next = expect?.includes(status) ? undefined : nextHop(hop, status, headers['location']);
    if (next === undefined) {
      const bytes = await readBody(
        reply.body,
        hop.method === 'HEAD' ? undefined : headers['content-encoding'],
      );
      const value = bodyValue(bytes, headers['content-type'] ?? '');
      if (expect ? expect.includes(status) : status >= 200 && status < 300)
        return { status, headers, ...value };
      throw statusError(hop, status, headers, value.body, redirected === 0);
    }
    reply.body.on('error', () => {}).destroy(); // nobody reads what a redirect says
    if (redirected === maxRedirects) {
      throw nexusError('TOOL_FAILED', `${nameOf(first)}: more than ${maxRedirects} redirects`);
    }
    hop = next;
  }
}

function statusError(
  hop: Hop,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: JsonValue,
  isFirst: boolean,
): NexusError {
  const text = (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 500);
  const refused = status < 500 && status !== 408 && status !== 429;
  return nexusError('TOOL_FAILED', `${nameOf(hop)}: status ${status}${text === '' ? '' : `: ${text}`}`, {
    retryable: !refused,
    retryAfterMs: refused ? undefined : retryAfterMs(headers['retry-after'], Date.now()),
    ...(refused ? { hint: 'If this status is fine, list it in expect.' } : {}),
    // Who is sent on to another place may have been obeyed at the first.
    ...(isFirst && status >= 400 && status < 500 ? { noEffect: true } : {}),
  });
}

/**
 * What a failed exchange is: one of ours wherever undici wrapped it, a bad header, or the network. `isFirst`: it failed
 * while the first request was on its way.
 */
function requestError(hop: Hop, error: unknown, isFirst = false): unknown {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (isNexusError(at)) return isFirst ? unsent(at) : at;
  const { code, message } = error as NodeJS.ErrnoException;
  const what = `${nameOf(hop)}: ${message || (code ?? 'the network failed')}`;
  if (code === 'UND_ERR_INVALID_ARG') {
    const fault = nexusError('INVALID_INPUT', what, { cause: error });
    return isFirst ? unsent(fault) : fault;
  }
  const failure = nexusError('TOOL_FAILED', what, { retryable: true, cause: error });
  return isFirst && neverConnected(error) ? unsent(failure) : failure;
}

function checkedFirstHop(input: RequestInput, idempotencyKey: string): Hop {
  try {
    return firstHop(input, idempotencyKey);
  } catch (error) {
    throw isNexusError(error) ? unsent(error) : error;
  }
}

/** The failure of a request of which no byte went out. */
function unsent(error: NexusError): NexusError {
  return Object.assign(error, { failure: { ...error.failure, noEffect: true as const } });
}

/** Whether all addresses that were tried, or the look-up of them, failed: a connection that broke may have been heard. */
function neverConnected(error: unknown): boolean {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.every((one) => {
    const { code, syscall } = one as NodeJS.ErrnoException;
    return code === 'UND_ERR_CONNECT_TIMEOUT' || syscall === 'connect' || syscall === 'getaddrinfo';
  });
}

/** A request in a message; queries may hold secrets. */
function nameOf(hop: Hop): string {
  return `${hop.method} ${hop.url.origin}${hop.url.pathname}`;
}

function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
