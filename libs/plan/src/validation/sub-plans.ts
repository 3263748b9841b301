import type { JsonValue } from '#contracts';
import type { PlanDocument } from '../document.js';
import type { Key } from '../fault.js';
import { applyInputDefaults } from '../inputs.js';
import { isJsonObject } from '../json.js';
import type { Check } from './context.js';
import type { Finding } from './findings.js';
import { deepestNesting } from './outline.js';
import type { OutlinePlan, OutlineTask } from './outline.js';
import { checkAgainstSchema } from './value-check.js';

/** What is known of a document once it was checked. */
export interface Checked {
  readonly faults: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** Its tasks, those of its sub-plans and templates included. */
  readonly size: number;
  /** The parsed document, when its schema has nothing against it. */
  readonly plan: PlanDocument | undefined;
}

/** A template on the way from the document to where the check is now. */
export interface TemplateName {
  readonly name: string;
  /** Undefined: the newest. */
  readonly version: number | undefined;
}

/** Checks the document of a template, which the ones before it lead to. */
export type CheckTemplate = (document: PlanDocument, way: readonly TemplateName[], depth: number) => Checked;

/** Checks the sub-plans of a plan that are templates, and what all sub-plans are given. Gives their size. */
export function checkSubPlans(
  plan: OutlinePlan,
  way: readonly TemplateName[],
  check: Check,
  checkTemplate: CheckTemplate,
): number {
  let size = 0;
  const told = new Set<string>();
  for (const task of plan.tasks) {
    if (task.kind !== 'plan') continue;
    if (task.plan) checkGiven(task, task.plan.raw.inputs, check);
    if (typeof task.raw.template !== 'string' || task.depth >= deepestNesting) continue;
    const checked = checkReference(task, task.raw.template, way, check, checkTemplate);
    if (!checked) continue;
    size += checked.size;
    // The faults of a template are told where it is first included, not a thousand times.
    if (told.has(task.raw.template)) continue;
    told.add(task.raw.template);
    const keys = [...task.keys, 'template'];
    check.findings.faults.push(...checked.faults.map((finding) => within(keys, finding)));
    check.findings.warnings.push(...checked.warnings.map((finding) => within(keys, finding)));
  }
  return size;
}

function checkReference(
  task: OutlineTask,
  reference: string,
  way: readonly TemplateName[],
  { context, findings, suggest }: Check,
  checkTemplate: CheckTemplate,
): Checked | undefined {
  const keys = [...task.keys, 'template'];
  const match = /^([^@]+)(?:@([1-9]\d*))?$/.exec(reference);
  if (!match?.[1]) return undefined;
  const template = { name: match[1], version: match[2] === undefined ? undefined : Number(match[2]) };
  const before = way.findIndex(({ name, version }) => name === template.name && version === template.version);
  if (before !== -1) {
    const names = [...way.slice(before), template].map(({ name, version }) =>
      version ? `${name}@${version}` : name,
    );
    findings.fault(keys, `a template cannot include itself: ${names.join(' -> ')}`);
    return undefined;
  }
  const document = context.templates(template.name, template.version);
  if (!document) {
    const known = template.version !== undefined && context.templates(template.name) !== undefined;
    const message = known
      ? `template "${template.name}" has no version ${template.version}`
      : `unknown template "${reference}"`;
    findings.fault(
      keys,
      message,
      known ? undefined : suggest(template.name, context.knownTemplateNames ?? []),
    );
    return undefined;
  }
  checkGiven(task, document.inputs, { context, findings, suggest });
  return checkTemplate(document, [...way, template], task.depth + 1);
}

function within(keys: readonly Key[], finding: Finding): Finding {
  return { ...finding, keys: [...keys, ...finding.keys] };
}

function checkGiven(task: OutlineTask, inputs: JsonValue | undefined, { findings }: Check): void {
  const given = task.raw.with ?? {};
  if (!isJsonObject(inputs) || !isJsonObject(given)) return;
  checkAgainstSchema(inputs, applyInputDefaults(inputs, given), [...task.keys, 'with'], findings);
}
