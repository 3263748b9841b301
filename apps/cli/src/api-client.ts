import { apiErrorCodes, nexusError } from '#contracts';
import type { ErrorCode, NexusError } from '#contracts';
import { createClient } from 'graphql-ws';

/** A GraphQL operation that knows what it takes and what it gives. */
export interface Operation<Result, Variables> {
  readonly text: string;
  /** Never set; it carries the types. */
  readonly types?: ((variables: Variables) => Result) | undefined;
}

/** Names the types of an operation: `operation<{ run: Run | null }, { id: string }>('query …')`. */
export function operation<Result, Variables = Record<string, never>>(
  text: string,
): Operation<Result, Variables> {
  return { text };
}

/** The API of one Nexus. What it refuses, and its absence, come as a NexusError. */
export interface ApiClient {
  readonly url: string;
  readonly request: <Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
  ) => Promise<Result>;
  /** Ends when the server completes the stream or the signal is aborted; a lost connection is a retryable error. */
  readonly subscribe: <Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ) => AsyncIterable<Result>;
}

const requestTimeoutMs = 30_000;
const pingEveryMs = 10_000;
const pongWithinMs = 5_000;

export function createApiClient(baseUrl: string): ApiClient {
  const url = baseUrl.replace(/\/+$/, '');
  const endpoint = `${url}/graphql`;
  return {
    url,
    request: async (request, variables) => {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
        },
        body: JSON.stringify({ query: request.text, variables }),
        signal: AbortSignal.timeout(requestTimeoutMs),
      }).catch((error: unknown) => {
        throw unreachable(url, error);
      });
      const reply = (await response.json().catch(() => null)) as GraphqlReply | null;
      if (reply?.errors && reply.errors.length > 0) throw refusal(reply.errors);
      if (!reply?.data) throw strange(url, response.status);
      return reply.data as never;
    },
    subscribe: (request, variables, signal) => subscribe(url, request.text, variables, signal) as never,
  };
}

async function* subscribe(url: string, query: string, variables: unknown, signal: AbortSignal) {
  let pong: NodeJS.Timeout | undefined;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    // The caller knows the cursor to go on from, so the caller reconnects.
    retryAttempts: 0,
    keepAlive: pingEveryMs,
    on: {
      ping: (received) => {
        if (!received) pong = setTimeout(() => client.terminate(), pongWithinMs);
      },
      pong: (received) => {
        if (received) clearTimeout(pong);
      },
    },
  });
  const stop = () => void client.dispose();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return;
    for await (const reply of client.iterate({ query, variables: variables as Record<string, unknown> })) {
      if (reply.errors && reply.errors.length > 0) throw refusal(reply.errors);
      yield reply.data;
    }
  } catch (error) {
    if (signal.aborted) return;
    if (Array.isArray(error)) throw refusal(error as GraphqlError[]);
    throw isRefusal(error) ? error : unreachable(url, error);
  } finally {
    clearTimeout(pong);
    signal.removeEventListener('abort', stop);
    await client.dispose();
  }
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

interface GraphqlReply {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlError[] | undefined;
}

function isRefusal(error: unknown): boolean {
  return (error as { nexus?: unknown } | null)?.nexus === true;
}

/** One error for all that the API answered: the first gives the code, every message is told. */
function refusal(errors: readonly GraphqlError[]): NexusError {
  const first = errors[0]?.extensions ?? {};
  const code = apiErrorCodes.find((known) => known === first['code']) ?? graphqlCode(first['code']);
  const requestId = typeof first['requestId'] === 'string' ? ` (request ${first['requestId']})` : '';
  const told = errors.map((error) => error.message).join('\n');
  return nexusError(code, code === 'INTERNAL' ? told + requestId : told, {
    hint: typeof first['hint'] === 'string' ? first['hint'] : undefined,
    retryable: first['retryable'] === true,
  });
}

/** Apollo's own codes mean that the request did not fit the server's schema. */
function graphqlCode(code: unknown): ErrorCode {
  return typeof code === 'string' && code.startsWith('GRAPHQL_') ? 'BAD_USER_INPUT' : 'INTERNAL';
}

function unreachable(url: string, error: unknown): NexusError {
  return nexusError('UNAVAILABLE', `no Nexus answers at ${url}: ${reasonOf(error)}`, {
    hint: 'start one with: nexus up   (or set NEXUS_URL to the address of one that runs)',
    retryable: true,
    cause: error,
  });
}

function strange(url: string, status: number): NexusError {
  return nexusError('UNAVAILABLE', `${url}/graphql answered HTTP ${status}, and not as a Nexus API does`, {
    hint: 'check NEXUS_URL and NEXUS_PORT: nexus config explain',
    retryable: status >= 500,
  });
}

function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { name, message, cause, code, reason } = error as Record<string, unknown>;
  if (name === 'TimeoutError') return `no answer within ${requestTimeoutMs / 1_000} s`;
  const inner = cause as { code?: unknown; message?: unknown } | undefined;
  if (inner?.code === 'ECONNREFUSED') return 'connection refused';
  if (typeof inner?.message === 'string' && inner.message !== '') return inner.message;
  if (typeof inner?.code === 'string') return inner.code;
  if (typeof code === 'number')
    return `connection closed (${code}${typeof reason === 'string' && reason !== '' ? ` ${reason}` : ''})`;
  return typeof message === 'string' && message !== '' ? message : 'connection lost';
}
