import type { JsonValue } from '#contracts';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Json } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { namesOf, validateDocument } from './plan-validation.js';
import { planError } from './prepare-plan.js';
import { listTemplates, storedView, templatesOf, type TemplateView } from './templates.js';
import { type UserError, userError } from './user-error.js';

export const SaveTemplateInput = z.strictObject({ document: Json });

export interface TemplatePayload {
  readonly template: TemplateView | null;
  readonly userErrors: readonly UserError[];
}

/** Saves a plan under its name, as that name's next version; one that could not run is refused with all its faults. */
export async function saveTemplate(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<TemplatePayload> {
  const { tenant } = context;
  const { document } = parseInput(SaveTemplateInput, input);
  const name = nameOf(document);
  const [template, known] = await Promise.all([
    templatesOf(deps, tenant, document),
    listTemplates(deps, tenant),
  ]);
  const checked = validateDocument(deps, { ...namesOf(deps), template }, document, {
    known: known.map((each) => each.name),
    savedAs: name,
  });
  const faults = checked.ok ? [] : checked.faults.map((fault) => planError(fault, 'document'));
  const nameless =
    name === undefined
      ? [userError('BAD_USER_INPUT', 'name: a template needs a name', ['document', 'name'])]
      : [];
  if (!checked.ok || name === undefined) return { template: null, userErrors: [...nameless, ...faults] };
  const row = await deps.store.templates.save(tenant, name, checked.plan as unknown as JsonValue);
  return { template: storedView(row), userErrors: [] };
}

function nameOf(document: JsonValue): string | undefined {
  const name =
    typeof document === 'object' && document !== null && !Array.isArray(document) ? document.name : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
