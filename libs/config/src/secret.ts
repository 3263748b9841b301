import { inspect } from 'node:util';

/** A credential that shows itself only when asked: in logs, JSON and messages it is `***`. */
export interface Secret {
  readonly reveal: () => string;
  toString(): string;
  toJSON(): string;
}

const mask = '***';

/** Wraps a credential. The value lives in a closure: no property of the object holds it. */
export function secret(value: string): Secret {
  return {
    reveal: () => value,
    toString: () => mask,
    toJSON: () => mask,
    [inspect.custom]: () => mask,
  } as Secret;
}
