import { z } from 'zod';
import { CheckResult } from '../check/check.js';
import { Dependencies } from '../dependencies/dependencies.js';
import { Duplicates } from '../duplicates.js';
import { History } from '../history.js';
import { Hotspots } from '../hotspots.js';
import { Inventory } from '../inventory.js';
import { Largest } from '../largest.js';
import { Risk } from '../risk.js';
import { Todos } from '../todos.js';

const schemas = {
  inventory: Inventory,
  history: History,
  hotspots: Hotspots,
  largest: Largest,
  duplicates: Duplicates,
  todos: Todos,
  dependencies: Dependencies,
  check: CheckResult,
  risk: Risk,
} as const;

type Schemas = typeof schemas;
type PartName = keyof Schemas;

/** What a plan knows of a task, as it hands it on. */
const Part = z.object({
  status: z.string().nullish().describe('Status of the task'),
  output: z.json().optional().describe('Its output'),
  error: z.json().optional().describe('Its failure, if it failed'),
});
type Part = z.infer<typeof Part>;

export const PartsInput = z.record(z.string(), Part);

/** The analyses that a report is made of; each may be missing. */
export type Parts = { readonly [Name in PartName]?: z.infer<Schemas[Name]> | undefined };

export interface ReadParts {
  readonly parts: Parts;
  /** Why parts are missing, in sentences. */
  readonly missing: readonly string[];
}

/** Reads what the tasks gave; a part that failed or is not what it should be is missing, not a fault. */
export function readParts(given: z.infer<typeof PartsInput>): ReadParts {
  const missing: string[] = [];
  const parts: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const part = given[name];
    const parsed = schema.safeParse(part?.output);
    if (parsed.success) parts[name] = parsed.data;
    else missing.push(`No ${name}: ${whyMissing(part)}.`);
  }
  return { parts: parts, missing };
}

/** Whether there is nothing to report on; the risk is weighed from the others, and is never missing by itself. */
export function isUnread({ parts }: ReadParts): boolean {
  return Object.keys(parts).every((name) => name === 'risk');
}

function whyMissing(part: Part | undefined): string {
  if (!part) return 'it was not part of the plan';
  const { code, message } = (part.error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string')
    return `it failed with ${code}${typeof message === 'string' ? ` (${message.slice(0, 200)})` : ''}`;
  if (part.status !== 'SUCCEEDED') return `its task is ${part.status ?? 'unknown'}`;
  return 'its output is not what this report reads';
}
