import { createClient } from 'graphql-ws';
import type { GraphqlReply } from './api-under-test.js';

export interface Subscribed<Value> {
  readonly values: Value[];
  readonly errors: GraphqlReply['errors'][number][];
  /** Settles when the server completes the subscription, or the socket is lost. */
  readonly ended: Promise<'completed' | 'lost'>;
  /** Resolves when so many values are there. */
  readonly reached: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Subscribes over a socket of its own that is not opened again when it is lost. */
export function subscribe<Value>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
): Subscribed<Value> {
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, retryAttempts: 0, lazy: true });
  const values: Value[] = [];
  const errors: Subscribed<Value>['errors'] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const ended = new Promise<'completed' | 'lost'>((resolve) => {
    client.subscribe<Record<string, Value>>(
      { query, variables },
      {
        next: (result) => {
          errors.push(...((result.errors ?? []) as never[]));
          values.push(...(result.data ? Object.values(result.data) : []));
          for (const { count, resolve: reached } of waiting) if (values.length >= count) reached();
        },
        error: (error) => {
          if (Array.isArray(error)) errors.push(...(error as never[]));
          resolve(Array.isArray(error) ? 'completed' : 'lost');
        },
        complete: () => resolve('completed'),
      },
    );
  });
  return {
    values,
    errors,
    ended,
    reached: (count) =>
      values.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    stop: async () => {
      await client.dispose();
    },
  };
}
