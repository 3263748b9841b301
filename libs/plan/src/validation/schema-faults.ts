import type { JsonValue } from '#contracts';
import { taskKinds } from '#contracts';
import type { z } from 'zod';
import { fieldsOf, kindsWithField } from '../document-names.js';
import type { Key } from '../fault.js';
import { isJsonObject } from '../json.js';
import type { Findings } from './findings.js';
import type { Suggest } from './suggest.js';

type Issue = z.core.$ZodIssue;

/** Says what the schema of the document found, in the words of plans. */
export function reportSchemaIssues(
  issues: readonly Issue[],
  raw: JsonValue,
  base: readonly Key[],
  findings: Findings,
  suggest: Suggest,
): void {
  for (const issue of issues.flatMap((found) => unfold(found))) {
    const path = issue.path as Key[];
    const keys = [...base, ...path];
    const value = valueAt(raw, path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        findings.fault([...keys, key], `unknown field "${key}"`, hintForField(key, value, path, suggest));
      }
    } else if (issue.code === 'invalid_union' && path.at(-1) === 'kind') {
      reportKind(value, valueAt(raw, path.slice(0, -1)), keys, findings, suggest);
    } else if (value === undefined) {
      findings.fault(keys, `"${String(path.at(-1))}" is missing`);
    } else if (issue.code === 'invalid_value') {
      const choices = issue.values.map((choice) => JSON.stringify(choice));
      const given = typeof value === 'string' ? suggest(value, issue.values.map(String)) : undefined;
      findings.fault(keys, `expected ${choices.join(' or ')}, got ${shown(value)}`, given);
    } else if (issue.code === 'invalid_type') {
      findings.fault(keys, `expected ${article(issue.expected)}, got ${shown(value)}`);
    } else if (issue.code === 'invalid_union') {
      findings.fault(keys, `expected ${expectedOf(issue).map(article).join(' or ')}, got ${shown(value)}`);
    } else {
      findings.fault(keys, issue.message.charAt(0).toLowerCase() + issue.message.slice(1));
    }
  }
}

/** The issues of the alternative that was meant: the one whose outermost type is that of the value. */
function unfold(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const meant = issue.errors.find(
    (issues) => !issues.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  if (!meant) return [issue];
  return meant.flatMap((inner) => unfold({ ...inner, path: [...issue.path, ...inner.path] }));
}

function expectedOf(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  return issue.errors.flatMap((issues) =>
    issues.flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : [])),
  );
}

function reportKind(
  kind: JsonValue | undefined,
  task: JsonValue | undefined,
  keys: readonly Key[],
  findings: Findings,
  suggest: Suggest,
): void {
  if (kind === undefined) {
    const probable = isJsonObject(task) ? taskKinds.find((name) => Object.hasOwn(task, name)) : undefined;
    findings.fault(keys, '"kind" is missing', probable && `write kind: ${probable}`);
  } else {
    const hint = typeof kind === 'string' ? suggest(kind, taskKinds) : undefined;
    findings.fault(keys, `unknown kind ${shown(kind)}; expected ${taskKinds.join(', ')}`, hint);
  }
}

function hintForField(
  key: string,
  owner: JsonValue | undefined,
  path: readonly Key[],
  suggest: Suggest,
): string | undefined {
  const meant = suggest(key, fieldsOf(owner, path));
  if (meant !== undefined) return meant;
  const kinds = kindsWithField(key);
  return isJsonObject(owner) && typeof owner.kind === 'string' && kinds.length > 0
    ? `tasks of kind ${kinds.join(', ')} have it`
    : undefined;
}

function valueAt(raw: JsonValue, path: readonly Key[]): JsonValue | undefined {
  let value: JsonValue | undefined = raw;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as { [key: Key]: JsonValue })[key];
  }
  return value;
}

function shown(value: JsonValue): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function article(type: string): string {
  if (type === 'array') return 'a list';
  if (type === 'object' || type === 'record') return 'an object';
  return type === 'int' ? 'a whole number' : type === 'boolean' ? 'true or false' : `a ${type}`;
}
