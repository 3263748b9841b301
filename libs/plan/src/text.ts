// Not for workflows: the parser of YAML stays out of their bundle.
import type { JsonValue } from '#contracts';
import { parseDocument } from 'yaml';
import type { PlanFault } from './fault.js';
import { jsonFault } from './json.js';
import { documentLimits } from './validate.js';

/** The value of a text, or why it is none. */
export type ParsedPlanText =
  { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly faults: PlanFault[] };

/** Aliases that a text may resolve: enough for anchors that people write, too few for a text that explodes. */
const mostAliases = 100;

/** Reads a plan written as YAML or JSON. Every fault of the text is named with line and column. */
export function parsePlanText(text: string): ParsedPlanText {
  if (text.length > documentLimits.characters) {
    return refused(`the text has ${text.length} characters; at most ${documentLimits.characters} are taken`);
  }
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true, version: '1.2' });
  if (document.errors.length > 0) {
    return refused(
      ...document.errors.map((error) => {
        const [start] = error.linePos ?? [];
        const [message = ''] = error.message.split(/ at line \d+| *\n/);
        return start ? `line ${start.line}, column ${start.col}: ${message}` : message;
      }),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    return refused((error as Error).message);
  }
  const fault = jsonFault(value, documentLimits);
  if (fault) return refused(fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`);
  // A copy, for aliases share what they name, and JSON shares nothing.
  return { ok: true, value: JSON.parse(JSON.stringify(value)) as JsonValue };
}

function refused(...messages: string[]): ParsedPlanText {
  return { ok: false, faults: messages.map((message) => ({ path: '', code: 'BAD_USER_INPUT', message })) };
}
