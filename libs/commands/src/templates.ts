import type { JsonObject, JsonValue } from '#contracts';
import type { BindCatalogue, PlanDocument } from '#plan';
import type { TemplateRow } from '#store';
import type { PlanDeps } from './command-deps.js';

/** A template as every door shows it. */
export interface TemplateView {
  readonly __typename: 'Template';
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly document: JsonObject;
  readonly createdAt: number;
}

/** A template's document at a version. */
export interface KnownTemplate {
  readonly document: PlanDocument;
  readonly version: number;
}

const builtInPrefix = 'tpl_builtin_';

/**
 * The newest version of each template, by name. What a tenant saves under the name of a template that comes with
 * the product takes its place, for that tenant.
 */
export async function listTemplates({ store, templates }: PlanDeps, tenant: string): Promise<TemplateView[]> {
  const stored = (await store.templates.list(tenant)).map(storedView);
  const names = new Set(stored.map(({ name }) => name));
  const builtIn = templates.map(builtInView).filter(({ name }) => !names.has(name));
  return [...stored, ...builtIn].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The template of an ID, when it is the newest of its name; else null. */
export async function findTemplate(deps: PlanDeps, tenant: string, id: string): Promise<TemplateView | null> {
  return (await listTemplates(deps, tenant)).find((template) => template.id === id) ?? null;
}

/** A template by name, at a version or the newest. */
export async function knownTemplate(
  { store, templates }: PlanDeps,
  tenant: string,
  name: string,
  version?: number,
): Promise<KnownTemplate | undefined> {
  const row = await store.templates.get(tenant, name, version);
  if (row) return { document: row.document as unknown as PlanDocument, version: row.version };
  if (version !== undefined && version !== 1) return undefined;
  const builtIn = templates.find((document) => document.name === name);
  return builtIn ? { document: builtIn, version: 1 } : undefined;
}

/** Looks up the templates that a document names, and those that they name, so that binding need not wait. */
export async function templatesOf(
  deps: PlanDeps,
  tenant: string,
  document: JsonValue,
): Promise<BindCatalogue['template']> {
  const found = new Map<string, KnownTemplate | undefined>();
  let named = templateNames(document);
  while (named.length > 0) {
    const loaded = await Promise.all(
      named.map(async (reference) => [reference, await load(deps, tenant, reference)] as const),
    );
    for (const [reference, template] of loaded) found.set(reference, template);
    const documents = loaded.map(([, template]) => (template?.document ?? null) as unknown as JsonValue);
    named = [...new Set(documents.flatMap(templateNames))].filter((reference) => !found.has(reference));
  }
  return (name, version) => found.get(version === undefined ? name : `${name}@${version}`);
}

async function load(deps: PlanDeps, tenant: string, reference: string): Promise<KnownTemplate | undefined> {
  const [, name, version] = /^([^@]+)(?:@([1-9]\d{0,8}))?$/.exec(reference) ?? [];
  if (name === undefined) return undefined;
  return knownTemplate(deps, tenant, name, version === undefined ? undefined : Number(version));
}

/** What stands as `template` of a task anywhere in a document, valid or not. */
export function templateNames(document: JsonValue): string[] {
  const names = new Set<string>();
  const walk = (value: JsonValue | undefined): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value) && value.kind === 'plan' && typeof value.template === 'string')
      names.add(value.template);
    for (const inner of Array.isArray(value) ? value : Object.values(value)) walk(inner);
  };
  walk(document);
  return [...names];
}

/** The view of a stored template. */
export function storedView({ id, name, version, document, createdAt }: TemplateRow): TemplateView {
  return { __typename: 'Template', id, name, version, document: document as JsonObject, createdAt };
}

function builtInView(document: PlanDocument): TemplateView {
  const name = document.name ?? '';
  return {
    __typename: 'Template',
    id: `${builtInPrefix}${name}`,
    name,
    version: 1,
    document: document as unknown as JsonObject,
    createdAt: 0,
  };
}
