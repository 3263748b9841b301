import type { z } from 'zod';
import type { ConfigFault } from './fault.js';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads single variables and collects what is wrong with them instead of stopping at the first. */
export interface VariableReader {
  /** Undefined when the variable is unset, empty, or wrong. */
  read<T>(variable: string, schema: z.ZodType<T, string>, hint: string): T | undefined;
  readonly faults: ConfigFault[];
}

export function variableReader(env: Environment): VariableReader {
  const faults: ConfigFault[] = [];
  return {
    faults,
    read(variable, schema, hint) {
      const text = env[variable]?.trim();
      if (!text) return undefined;
      const parsed = schema.safeParse(text);
      if (parsed.success) return parsed.data;
      for (const { message } of parsed.error.issues) faults.push({ variable, problem: message, hint });
      return undefined;
    },
  };
}
