import type { Expression, SpreadElement } from 'acorn';
import type { JsonValue } from '#contracts';
import { parseText } from './parse.js';
import { boundNames, staticKey } from './syntax.js';

/** One thing that an expression reads: a name and the members that are written out after it. */
export interface Read {
  readonly name: string;
  readonly members: readonly string[];
  /** Whether the next member after those is computed, so that only a run can tell it. */
  readonly computed: boolean;
  /** Offset in the text. */
  readonly at: number;
}

export const taskFields = ['status', 'output', 'error', 'usage'] as const;
export type TaskField = (typeof taskFields)[number];

/** Everything that a value's expressions read. */
export interface References {
  /** Which members of which tasks. */
  readonly tasks: Map<string, Set<TaskField>>;
  /** Which inputs, or all of them. */
  inputs: Set<string> | 'all';
  readonly self: Set<string>;
  readonly loop: Set<string>;
  readonly run: Set<string>;
  /** Every name, those above included. */
  readonly names: Set<string>;
}

/** What all expressions in a JSON value read. Texts with syntax faults count for what can be read of them. */
export function referencesOf(value: JsonValue): References {
  const found: References = {
    tasks: new Map(),
    inputs: new Set(),
    self: new Set(),
    loop: new Set(),
    run: new Set(),
    names: new Set(),
  };
  forEachText(value, (text) => readsOf(text).forEach((read) => note(found, read)));
  return found;
}

/** What the expressions of one text read, in the order of the text. */
export function readsOf(source: string): Read[] {
  const reads: Read[] = [];
  for (const segment of parseText(source).segments) {
    if (typeof segment === 'object') visit(segment.tree, new Set(), reads);
  }
  return reads;
}

/** Calls `see` with every text of a JSON value that may hold expressions, and the keys that lead to it. */
export function forEachText(
  value: JsonValue,
  see: (text: string, keys: readonly (string | number)[]) => void,
  keys: readonly (string | number)[] = [],
): void {
  if (typeof value === 'string') {
    if (value.includes('${')) see(value, keys);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => forEachText(item, see, [...keys, index]));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) forEachText(member, see, [...keys, key]);
  }
}

function note(found: References, read: Read): void {
  const [first, second] = read.members;
  found.names.add(read.name);
  if (read.name === 'inputs') {
    if (first === undefined) found.inputs = 'all';
    else if (found.inputs !== 'all') found.inputs.add(first);
  } else if (read.name === 'tasks' && first !== undefined) {
    const fields = found.tasks.get(first) ?? new Set<TaskField>();
    found.tasks.set(first, fields);
    for (const field of taskFields) if (second === undefined || second === field) fields.add(field);
  } else if (read.name === 'self' || read.name === 'loop' || read.name === 'run') {
    const all = {
      self: ['input', 'output', 'idempotencyKey'],
      loop: ['index', 'last'],
      run: ['id', 'startedAt'],
    };
    for (const member of first === undefined ? all[read.name] : [first]) found[read.name].add(member);
  }
}

function visit(node: Expression | SpreadElement, bound: ReadonlySet<string>, reads: Read[]): void {
  const inner = (child: Expression | SpreadElement | null): void => {
    if (child) visit(child, bound, reads);
  };
  switch (node.type) {
    case 'Identifier':
    case 'MemberExpression':
      return visitChain(node, bound, reads);
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return inner(node.expression);
    case 'SpreadElement':
    case 'UnaryExpression':
      return inner(node.argument);
    case 'BinaryExpression':
    case 'LogicalExpression':
      inner(node.left as Expression);
      return inner(node.right);
    case 'ConditionalExpression':
      inner(node.test);
      inner(node.consequent);
      return inner(node.alternate);
    case 'TemplateLiteral':
      return node.expressions.forEach(inner);
    case 'ArrayExpression':
      return node.elements.forEach(inner);
    case 'ObjectExpression':
      for (const property of node.properties) {
        if (property.type === 'SpreadElement') {
          inner(property.argument);
          continue;
        }
        if (property.computed) inner(property.key);
        inner(property.value);
      }
      return;
    case 'CallExpression':
      if (node.callee.type === 'MemberExpression') inner(node.callee.object as Expression);
      return node.arguments.forEach(inner);
    case 'ArrowFunctionExpression':
      return visit(node.body as Expression, new Set([...bound, ...node.params.flatMap(boundNames)]), reads);
  }
}

/** A name with the members after it. What computes a member is read, too. */
function visitChain(node: Expression, bound: ReadonlySet<string>, reads: Read[]): void {
  const computedKeys: Expression[] = [];
  let members: string[] = [];
  let computed = false;
  let current = node;
  for (;;) {
    if (current.type === 'ParenthesizedExpression' || current.type === 'ChainExpression') {
      current = current.expression;
    } else if (current.type === 'MemberExpression') {
      const key = current.property as Expression;
      if (current.computed && key.type !== 'Literal') {
        computedKeys.push(key);
        members = [];
        computed = true;
      } else {
        members.unshift(staticKey(key));
      }
      current = current.object as Expression;
    } else {
      break;
    }
  }
  if (current.type !== 'Identifier') visit(current, bound, reads);
  else if (current.name !== 'undefined' && !bound.has(current.name)) {
    reads.push({ name: current.name, members, computed, at: current.start });
  }
  for (const key of computedKeys.reverse()) visit(key, bound, reads);
}
