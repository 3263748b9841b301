import type { JsonValue } from '#contracts';
import { type BindCatalogue, bindPlan, type BoundPlan, type PlanDocument, type PlanFault } from '#plan';
import type { PlanDeps } from './command-deps.js';
import { fieldPath } from './field-path.js';
import { createPlanCache } from './plan-cache.js';
import { namesOf, validateDocument } from './plan-validation.js';
import { listTemplates, templateNames, templatesOf } from './templates.js';
import { type UserError, userError } from './user-error.js';

/** A plan ready to run, or everything that keeps it from running. */
export type PreparedPlan =
  | { readonly ok: true; readonly document: PlanDocument; readonly bound: BoundPlan }
  | { readonly ok: false; readonly userErrors: readonly UserError[] };

/** Validates and binds a document; the version is that of the template it comes from. */
export type PlanPreparer = (
  tenant: string,
  document: JsonValue,
  version?: number | null,
) => Promise<PreparedPlan>;

const remembered = 512;
/** A workflow's input has to stay below 2 MB, and inputs and state want some of it. */
const largestBoundBytes = 1_500_000;

/**
 * Makes the preparer of a server. The same document comes again and again, so what was made of it is kept; not so
 * when it includes templates, since a template may have a new version since.
 */
export function createPlanPreparer(deps: PlanDeps): PlanPreparer {
  const cache = createPlanCache<PreparedPlan>(remembered);
  const catalogue = namesOf(deps);
  const noTemplates: BindCatalogue['template'] = () => undefined;
  return async (tenant, document, version = null) => {
    if (version === null && templateNames(document).length === 0) {
      return cache.get(document, () =>
        prepare(deps, document, { ...catalogue, template: noTemplates }, [], null),
      );
    }
    const [template, known] = await Promise.all([
      templatesOf(deps, tenant, document),
      listTemplates(deps, tenant).then((all) => all.map(({ name }) => name)),
    ]);
    return prepare(deps, document, { ...catalogue, template }, known, version);
  };
}

function prepare(
  deps: PlanDeps,
  document: JsonValue,
  catalogue: BindCatalogue,
  known: readonly string[],
  version: number | null,
): PreparedPlan {
  const checked = validateDocument(deps, catalogue, document, { known });
  if (!checked.ok) return { ok: false, userErrors: checked.faults.map((fault) => planError(fault, 'plan')) };
  const bound = bindPlan(checked.plan, catalogue, version);
  const bytes = Buffer.byteLength(JSON.stringify(bound));
  if (bytes <= largestBoundBytes) return { ok: true, document: checked.plan, bound };
  const hint = 'pass large texts as inputs, or split the plan';
  const message = `the plan has ${bytes} bytes with all it includes; at most ${largestBoundBytes} can be run`;
  return { ok: false, userErrors: [userError('BAD_USER_INPUT', message, ['plan'], hint)] };
}

/** A fault of a document as a refusal: the path once for programs, once for people. */
export function planError({ path, code, message, hint }: PlanFault, field: string): UserError {
  const place = path === '' ? '' : `${path}: `;
  return userError(code, `${place}${message}`, [field, ...fieldPath(path)], hint);
}

/** Everything that keeps a document from being run, one line each: what a planner has to mend. */
export function createPlanChecker(
  deps: PlanDeps,
): (tenant: string, document: JsonValue) => Promise<readonly string[]> {
  const preparePlan = createPlanPreparer(deps);
  return async (tenant, document) => {
    const prepared = await preparePlan(tenant, document);
    return prepared.ok ? [] : prepared.userErrors.map(({ message }) => message);
  };
}
