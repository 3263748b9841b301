import type { JsonObject } from '#contracts';
import { PlanDocument } from './document.js';
import type { PlanFault } from './fault.js';
import { isJsonObject, jsonFault } from './json.js';
import { checkAvailability } from './validation/availability-check.js';
import type { Check, ValidationContext } from './validation/context.js';
import { checkPlanExpressions } from './validation/expression-check.js';
import { createFindings, writeOut } from './validation/findings.js';
import { checkNames } from './validation/names.js';
import { checkNeeds } from './validation/needs.js';
import { outlinePlan } from './validation/outline.js';
import type { OutlinePlan } from './validation/outline.js';
import { reportSchemaIssues } from './validation/schema-faults.js';
import { checkStructure } from './validation/structure.js';
import { checkSubPlans } from './validation/sub-plans.js';
import type { Checked, CheckTemplate, TemplateName } from './validation/sub-plans.js';
import { createSuggest } from './validation/suggest.js';

/** Bounds of a document. */
export const documentLimits = { characters: 1_000_000, tasks: 10_000, depth: 200 } as const;

/** A plan that can run, or everything that keeps it from it. Warnings keep it from nothing. */
export type Validation =
  | { readonly ok: true; readonly plan: PlanDocument; readonly warnings: PlanFault[] }
  | { readonly ok: false; readonly faults: PlanFault[]; readonly warnings: PlanFault[] };

/** Checks a plan, templates that it includes among it, and names every fault at once with its path. */
export function validatePlan(raw: unknown, context: ValidationContext): Validation {
  const unreadable = readingFault(raw);
  if (unreadable) return { ok: false, faults: [unreadable], warnings: [] };
  const document = raw as JsonObject;
  const way = context.savedAs === undefined ? [] : [{ name: context.savedAs, version: undefined }];
  const checked = checkDocument(document, way, 0, context, new Map());
  const faults = writeOut(checked.faults);
  const warnings = writeOut(checked.warnings);
  if (faults.length === 0 && checked.plan) return { ok: true, plan: checked.plan, warnings };
  return { ok: false, faults, warnings };
}

/** Why a document cannot be looked into at all. */
function readingFault(raw: unknown): PlanFault | undefined {
  const found = isJsonObject(raw)
    ? jsonFault(raw, documentLimits)
    : { path: '', message: 'a plan is an object' };
  return found && { path: found.path, code: 'BAD_USER_INPUT', message: found.message };
}

function checkDocument(
  document: JsonObject,
  way: readonly TemplateName[],
  depth: number,
  context: ValidationContext,
  known: Map<string, Checked>,
): Checked {
  const findings = createFindings();
  const check: Check = { context, findings, suggest: createSuggest() };
  const parsed = PlanDocument.safeParse(document);
  if (!parsed.success) reportSchemaIssues(parsed.error.issues, document, [], findings, check.suggest);

  const checkTemplate: CheckTemplate = (template, templateWay, templateDepth) => {
    // What a template has in it does not depend on the way to it, save where that way turns back on itself.
    const { name = '', version } = templateWay.at(-1) ?? {};
    const key = `${name}@${version ?? ''} ${templateDepth}`;
    const before = known.get(key);
    if (before) return before;
    const checked = checkDocument(
      template as unknown as JsonObject,
      templateWay,
      templateDepth,
      context,
      known,
    );
    known.set(key, checked);
    return checked;
  };

  let size = 0;
  const checkPlan = (plan: OutlinePlan): void => {
    size += plan.tasks.length;
    checkStructure(plan, check);
    checkNeeds(plan, check);
    checkPlanExpressions(plan, check);
    checkNames(plan, check);
    checkAvailability(plan, check);
    size += checkSubPlans(plan, way, check, checkTemplate);
    for (const task of plan.tasks) if (task.plan) checkPlan(task.plan);
  };
  checkPlan(outlinePlan(document, [], depth));
  if (size > documentLimits.tasks) {
    findings.fault(['tasks'], `${size} tasks with all nestings; at most ${documentLimits.tasks} are taken`);
  }
  return { faults: findings.faults, warnings: findings.warnings, size, plan: parsed.data };
}
