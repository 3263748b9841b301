import type { CallExpression, Expression, MemberExpression, ObjectExpression, Pattern } from 'acorn';
import { textSteps } from './call.js';
import type { Call } from './call.js';
import { expressionError } from './expression-error.js';
import { callFunction } from './functions.js';
import { limits } from './limits.js';
import { callMethod } from './methods.js';
import { applyBinary, applyUnary } from './operators.js';
import { staticKey } from './syntax.js';
import { isList, isObject, kindOf, memberOf, setMember, toText } from './value.js';
import type { Value, ValueObject } from './value.js';

/** Gives the value of a name, or says that there is none. */
export type Lookup = (name: string) => { readonly value: Value } | undefined;

/** What `a?.b.c` gives when `a` is not there: the whole chain is cut short, not only its first link. */
const cutShort = Symbol('cut short');
type Link = Value | typeof cutShort;

/** The value of a tree that `checkSyntax` let pass. Every node costs a step; data-sized work costs more. */
export function interpret(tree: Expression, lookup: Lookup): Value {
  let stepsLeft: number = limits.steps;

  const failAt =
    (node: { start: number }) =>
    (cause: string): never => {
      throw expressionError(node.start, cause);
    };
  const spendAt = (node: { start: number }, steps: number): void => {
    stepsLeft -= steps;
    if (stepsLeft < 0) throw expressionError(node.start, `took more than ${limits.steps} steps`);
  };

  const run = (node: Expression, scope: Lookup): Value => {
    spendAt(node, 1);
    switch (node.type) {
      case 'Literal':
        return node.value as Value;
      case 'Identifier':
        return nameOf(node, scope);
      case 'ParenthesizedExpression':
        return run(node.expression, scope);
      case 'ChainExpression': {
        const result = link(node.expression, scope);
        return result === cutShort ? undefined : result;
      }
      case 'MemberExpression':
      case 'CallExpression':
        return whole(link(node, scope));
      case 'UnaryExpression':
        return applyUnary(node.operator, run(node.argument, scope), failAt(node));
      case 'BinaryExpression':
        return binary(node.operator, run(node.left as Expression, scope), run(node.right, scope), node);
      case 'LogicalExpression': {
        const left = run(node.left, scope);
        if (node.operator === '??') return left ?? run(node.right, scope);
        return node.operator === '&&' ? left && run(node.right, scope) : left || run(node.right, scope);
      }
      case 'ConditionalExpression':
        return run(node.test, scope) ? run(node.consequent, scope) : run(node.alternate, scope);
      case 'TemplateLiteral': {
        const values = node.expressions.map((inner) => toText(run(inner, scope), failAt(inner)));
        return text(
          node.quasis.map((quasi, index) => (quasi.value.cooked ?? '') + (values[index] ?? '')).join(''),
          node,
        );
      }
      case 'ArrayExpression':
        return node.elements.flatMap((element) => {
          if (element?.type !== 'SpreadElement') return [run(element as Expression, scope)];
          return spread(element.argument, scope);
        });
      case 'ObjectExpression':
        return object(node, scope);
      default:
        return failAt(node)(`${node.type} is not part of the language`);
    }
  };

  const whole = (result: Link): Value => (result === cutShort ? undefined : result);

  const text = (value: string, node: Expression): string => {
    spendAt(node, textSteps(value.length));
    return value.length > limits.valueLength
      ? failAt(node)(`the text is longer than ${limits.valueLength} characters`)
      : value;
  };

  const binary = (operator: string, left: Value, right: Value, node: Expression): Value => {
    if (operator === '+' && (typeof left === 'string' || typeof right === 'string')) {
      spendAt(node, textSteps(String(left ?? '').length + String(right ?? '').length));
    }
    const value = applyBinary(operator, left, right, failAt(node));
    return typeof value === 'string' ? text(value, node) : value;
  };

  const nameOf = (node: { name: string; start: number }, scope: Lookup): Value => {
    const found = scope(node.name);
    if (found) return found.value;
    return node.name === 'undefined' ? undefined : failAt(node)(`unknown name "${node.name}"`);
  };

  const link = (node: Expression, scope: Lookup): Link => {
    if (node.type === 'MemberExpression') {
      const receiver = linkReceiver(node, scope);
      return receiver === cutShort ? cutShort : member(node, receiver, scope);
    }
    return node.type === 'CallExpression' ? call(node, scope) : run(node, scope);
  };

  const linkReceiver = (node: MemberExpression, scope: Lookup): Link => {
    spendAt(node, 1);
    const receiver = link(node.object as Expression, scope);
    return node.optional && (receiver === null || receiver === undefined) ? cutShort : receiver;
  };

  const member = (node: MemberExpression, receiver: Value, scope: Lookup): Value => {
    const key = node.computed ? run(node.property as Expression, scope) : staticKey(node.property);
    return memberOf(receiver, key, failAt(node.property));
  };

  const call = (node: CallExpression, scope: Lookup): Link => {
    spendAt(node, 1);
    const { callee } = node;
    if (callee.type === 'Identifier') return callFunction(callee.name, callOf(node, scope));
    if (callee.type !== 'MemberExpression') return failAt(node)('this cannot be called');
    const receiver = linkReceiver(callee, scope);
    if (receiver === cutShort) return cutShort;
    const value = callMethod(receiver, staticKey(callee.property), callOf(node, scope));
    return typeof value === 'string' ? text(value, node) : value;
  };

  const callOf = (node: CallExpression, scope: Lookup): Call => {
    const [first] = node.arguments;
    const base = { spend: (steps: number) => spendAt(node, steps), fail: failAt(node) };
    if (first?.type === 'ArrowFunctionExpression') {
      const body = first.body as Expression;
      const lambda = (...values: Value[]): Value => run(body, bind(first.params, values, scope));
      return { ...base, values: [], lambda };
    }
    const values = node.arguments.flatMap((argument) =>
      argument.type === 'SpreadElement' ? spread(argument.argument, scope) : [run(argument, scope)],
    );
    return { ...base, values, lambda: undefined };
  };

  const spread = (node: Expression, scope: Lookup): readonly Value[] => {
    const value = run(node, scope);
    if (!isList(value)) return failAt(node)(`only a list can be spread here, not ${kindOf(value)}`);
    spendAt(node, value.length);
    return value;
  };

  const object = (node: ObjectExpression, scope: Lookup): ValueObject => {
    const result: ValueObject = Object.create(null) as ValueObject;
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') {
        const value = run(property.argument, scope);
        if (value === null || value === undefined) continue;
        if (!isObject(value))
          return failAt(property)(`only an object can be spread here, not ${kindOf(value)}`);
        const entries = Object.entries(value);
        spendAt(property, entries.length);
        for (const [key, inner] of entries) setMember(result, key, inner);
      } else {
        const key = property.computed ? run(property.key, scope) : staticKey(property.key);
        // Reading the key is the check of it: the same names are refused when they are written.
        memberOf(result, key, failAt(property));
        setMember(result, String(key), run(property.value, scope));
      }
    }
    return result;
  };

  const bind = (patterns: readonly Pattern[], values: readonly Value[], outer: Lookup): Lookup => {
    const names = new Map<string, Value>();
    const take = (pattern: Pattern, value: Value): void => {
      spendAt(pattern, 1);
      if (pattern.type === 'Identifier') names.set(pattern.name, value);
      else if (pattern.type === 'ArrayPattern') {
        if (!isList(value)) failAt(pattern)(`expected a list, got ${kindOf(value)}`);
        pattern.elements.forEach(
          (inner, index) => inner && take(inner, memberOf(value, index, failAt(inner))),
        );
      } else if (pattern.type === 'ObjectPattern') {
        for (const property of pattern.properties) {
          if (property.type !== 'Property') continue;
          take(property.value, memberOf(value, staticKey(property.key), failAt(property)));
        }
      }
    };
    patterns.forEach((pattern, index) => take(pattern, values[index]));
    return (name) => (names.has(name) ? { value: names.get(name) } : outer(name));
  };

  return run(tree, lookup);
}
