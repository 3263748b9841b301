import type { AbortableStream } from '#commands';

/** The value of a stream is the field's value, with no object around it. */
export function valueItself<Value>(value: Value): Value {
  return value;
}

/**
 * A stream that ends with its fault as its last value: GraphQL makes an error of the field of it, and the client
 * reads code and message. A fault thrown out of a stream would close the socket, and all others on it.
 */
export function faultsAsValues<Value>(stream: AbortableStream<Value>): AsyncIterableIterator<Value | Error> {
  let failed = false;
  const done = { done: true, value: undefined } as const;
  const iterator: AsyncIterableIterator<Value | Error> = {
    next: async () => {
      if (failed) return done;
      try {
        return await stream.next();
      } catch (error) {
        failed = true;
        return { done: false, value: error instanceof Error ? error : new Error(String(error)) };
      }
    },
    return: async () => {
      await stream.return();
      return done;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
