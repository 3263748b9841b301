import type { CallExpression, Expression, MemberExpression, Node, Pattern } from 'acorn';
import { expressionError } from './expression-error.js';
import { limits } from './limits.js';
import {
  binaryOperators,
  forbiddenMembers,
  functionMethods,
  functionNames,
  insteadOf,
  methodNames,
  unaryOperators,
} from './vocabulary.js';

type AnyNode =
  Expression | { type: 'Super' | 'PrivateIdentifier' | 'SpreadElement'; start: number; end: number };

/**
 * Refuses, with its position, whatever of JavaScript is not in the language. What passes is data access,
 * operators and calls of the fixed vocabulary, so the interpreter needs no second guess.
 */
export function checkSyntax(node: AnyNode, depth = 0): void {
  if (depth > limits.syntaxDepth) {
    throw expressionError(node.start, `nested deeper than ${limits.syntaxDepth}`);
  }
  const inner = (child: AnyNode): void => checkSyntax(child, depth + 1);
  switch (node.type) {
    case 'Identifier':
      return refuseForbidden(node.name, node);
    case 'Literal':
      if (node.regex) throw expressionError(node.start, 'regular expressions are not part of the language');
      if (node.bigint) throw expressionError(node.start, 'big integers are not part of the language');
      return;
    case 'TemplateLiteral':
      return node.expressions.forEach(inner);
    case 'ArrayExpression':
      for (const element of node.elements) {
        if (element === null) throw expressionError(node.start, 'a list cannot have holes');
        inner(element.type === 'SpreadElement' ? element.argument : element);
      }
      return;
    case 'ObjectExpression':
      for (const property of node.properties) {
        if (property.type === 'SpreadElement') {
          inner(property.argument);
          continue;
        }
        if (property.kind !== 'init' || property.method) {
          throw expressionError(property.start, 'objects hold values only, no getters, setters or methods');
        }
        if (property.computed) inner(property.key);
        else refuseForbidden(staticKey(property.key), property);
        inner(property.value);
      }
      return;
    case 'MemberExpression':
      return checkMember(node, inner);
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return inner(node.expression);
    case 'UnaryExpression':
      refuseOperator(unaryOperators, node);
      return inner(node.argument);
    case 'BinaryExpression':
      refuseOperator(binaryOperators, node);
      inner(node.left);
      return inner(node.right);
    case 'LogicalExpression':
      inner(node.left);
      return inner(node.right);
    case 'ConditionalExpression':
      inner(node.test);
      inner(node.consequent);
      return inner(node.alternate);
    case 'CallExpression':
      return checkCall(node, inner);
    default:
      throw expressionError(node.start, refusal(node));
  }
}

/** The name of a key that is not computed. */
export function staticKey(key: Expression | { type: 'PrivateIdentifier'; name: string }): string {
  return key.type === 'Identifier' || key.type === 'PrivateIdentifier' ? key.name : literalText(key);
}

/** The names that a parameter binds. */
export function boundNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : boundNames(element)));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        property.type === 'Property' && !property.computed
          ? boundNames(property.value)
          : refusePattern(property),
      );
    default:
      return refusePattern(pattern);
  }
}

function checkMember(node: MemberExpression, inner: (child: AnyNode) => void): void {
  inner(node.object);
  if (node.computed) {
    if (node.property.type === 'Literal') refuseForbidden(literalText(node.property), node.property);
    return inner(node.property);
  }
  if (node.property.type !== 'Identifier')
    throw expressionError(node.property.start, 'private names do not exist');
  refuseForbidden(node.property.name, node.property);
}

function checkCall(node: CallExpression, inner: (child: AnyNode) => void): void {
  const { callee } = node;
  if (callee.type === 'Identifier') {
    if (!functionNames.has(callee.name)) {
      throw expressionError(callee.start, `unknown function "${callee.name}"${insteadOf(callee.name)}`);
    }
    for (const argument of node.arguments)
      inner(argument.type === 'SpreadElement' ? argument.argument : argument);
    return;
  }
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') {
    throw expressionError(callee.start, 'only functions and methods of the language can be called');
  }
  const method = callee.property.name;
  if (!methodNames.has(method)) {
    throw expressionError(callee.property.start, `unknown method "${method}"${insteadOf(method)}`);
  }
  inner(callee);
  const parameters = functionMethods.get(method);
  if (parameters === undefined) node.arguments.forEach(inner);
  else checkFunctionArgument(node, method, parameters, inner);
}

function checkFunctionArgument(
  node: CallExpression,
  method: string,
  parameters: number,
  inner: (child: AnyNode) => void,
): void {
  const [argument] = node.arguments;
  if (method === 'sort' && argument === undefined) return;
  if (node.arguments.length !== 1 || argument?.type !== 'ArrowFunctionExpression') {
    throw expressionError(node.start, `${method} takes one function: ${method}(x => …)`);
  }
  if (argument.async || argument.body.type === 'BlockStatement') {
    throw expressionError(argument.start, 'a function is one expression: x => …');
  }
  if (argument.params.length > parameters) {
    const hint = method === 'sort' ? ': the key to sort by, as in sort(x => x.name)' : '';
    throw expressionError(argument.start, `the function of ${method} takes ${parameters} at most${hint}`);
  }
  for (const parameter of argument.params) {
    for (const name of boundNames(parameter)) refuseForbidden(name, parameter);
  }
  inner(argument.body);
}

function literalText(key: Node): string {
  return String((key as { value?: unknown }).value);
}

function refuseForbidden(name: string, node: Node): void {
  if (forbiddenMembers.has(name)) throw expressionError(node.start, `"${name}" cannot be read`);
}

function refuseOperator(allowed: ReadonlySet<string>, node: { operator: string; start: number }): void {
  if (!allowed.has(node.operator)) {
    throw expressionError(node.start, `the operator ${node.operator} is not part of the language`);
  }
}

function refusePattern(node: Node): never {
  throw expressionError(node.start, 'parameters are names, [a, b] or { a, b }, without defaults');
}

function refusal(node: AnyNode): string {
  switch (node.type) {
    case 'AssignmentExpression':
    case 'UpdateExpression':
      return 'nothing can be assigned; to compare, write ===';
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return 'a function may stand only as the argument of map, filter, find, some, every or sort, as x => …';
    case 'SequenceExpression':
      return 'only one expression may stand here';
    case 'SpreadElement':
      return 'methods take no spread arguments';
    default:
      return `${node.type} is not part of the language`;
  }
}
