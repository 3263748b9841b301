import { maxValueBytes } from '#contracts';

/** Bounds that keep an expression small and its evaluation short. */
export const limits = {
  /** Characters of one text that holds expressions. */
  sourceLength: 100_000,
  /** Nesting of an expression's syntax. */
  syntaxDepth: 100,
  /** Steps of one expression: a filter over ten thousand items takes about a tenth. */
  steps: 1_000_000,
  /** Nesting of a value that leaves an expression. */
  valueDepth: 200,
  /** Characters of a value that leaves an expression, as JSON. */
  valueLength: maxValueBytes,
} as const;
