import type { Value } from './value.js';

/** What a method or function is given, beside its receiver. */
export interface Call {
  readonly values: readonly Value[];
  /** The arrow function of map, filter, find, some, every, sort. */
  readonly lambda: ((...values: Value[]) => Value) | undefined;
  /** Takes steps for work whose size depends on the data. */
  readonly spend: (steps: number) => void;
  readonly fail: (cause: string) => never;
}

/** Steps for a text of this many characters. */
export const textSteps = (characters: number): number => 1 + Math.ceil(characters / 64);
