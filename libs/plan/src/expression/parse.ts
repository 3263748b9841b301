import { parseExpressionAt } from 'acorn';
import type { Expression } from 'acorn';
import { expressionError, isExpressionError } from './expression-error.js';
import type { ExpressionError } from './expression-error.js';
import { limits } from './limits.js';
import { checkSyntax } from './syntax.js';

/** A piece of a text: as it stands, or an expression to put in. */
export type Segment = string | ParsedExpression;

export interface ParsedExpression {
  readonly tree: Expression;
  /** Where `${` begins and where the text after `}` does. */
  readonly start: number;
  readonly end: number;
}

/** A text as expressions see it: its segments, and every fault of its syntax. */
export interface ParsedText {
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly errors: readonly ExpressionError[];
}

const remembered = new Map<string, ParsedText>();
const rememberedTexts = 2_000;
const rememberedLength = 2_000;

/** Splits a text into literal pieces and expressions. A text is parsed once, as long as it is remembered. */
export function parseText(source: string): ParsedText {
  const known = remembered.get(source);
  if (known) return known;
  const parsed = split(source);
  if (source.length <= rememberedLength) {
    if (remembered.size >= rememberedTexts) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(source, parsed);
  }
  return parsed;
}

/** The expression that a text consists of, when it is nothing else. */
export function onlyExpression(parsed: ParsedText): ParsedExpression | undefined {
  const [first] = parsed.segments;
  return parsed.segments.length === 1 && typeof first === 'object' ? first : undefined;
}

function split(source: string): ParsedText {
  const segments: Segment[] = [];
  const errors: ExpressionError[] = [];
  let literal = '';
  let position = 0;
  const endLiteral = (): void => {
    if (literal !== '') segments.push(literal);
    literal = '';
  };
  while (position < source.length) {
    const dollar = source.indexOf('$', position);
    if (dollar === -1) break;
    literal += source.slice(position, dollar);
    if (source.startsWith('$${', dollar)) {
      literal += '${';
      position = dollar + 3;
    } else if (source.startsWith('${', dollar)) {
      try {
        const expression = parseAt(source, dollar);
        endLiteral();
        segments.push(expression);
        position = expression.end;
      } catch (error) {
        if (!isExpressionError(error)) throw error;
        errors.push(error);
        // What follows a fault is read on from the next brace, so that one text can name several faults.
        const brace = source.indexOf('}', Math.max(error.at, dollar));
        position = brace === -1 ? source.length : brace + 1;
      }
    } else {
      literal += '$';
      position = dollar + 1;
    }
  }
  literal += source.slice(position);
  endLiteral();
  return { source, segments, errors };
}

function parseAt(source: string, start: number): ParsedExpression {
  if (source.length > limits.sourceLength) {
    throw expressionError(start, `text with expressions is longer than ${limits.sourceLength} characters`);
  }
  const tree = parseTree(source, start + 2);
  let end = tree.end;
  while (/\s/.test(source.charAt(end))) end += 1;
  if (end >= source.length) throw expressionError(start, 'no } closes this ${; a literal ${ is written $${');
  if (source[end] !== '}') throw expressionError(end, `unexpected "${source.charAt(end)}"; expected }`);
  checkSyntax(tree);
  return { tree, start, end: end + 1 };
}

function parseTree(source: string, at: number): Expression {
  if (/^\s*\}/.test(source.slice(at, at + 100))) throw expressionError(at, 'nothing stands in ${ }');
  try {
    return parseExpressionAt(source, at, { ecmaVersion: 2023, sourceType: 'module', preserveParens: true });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Where the stack ends differs between machines, so it is not told; it is far beyond what is accepted.
    if (error.message.includes('stack space'))
      throw expressionError(at, `nested deeper than ${limits.syntaxDepth}`);
    if (!(error instanceof SyntaxError)) throw error;
    const position = (error as { pos?: unknown }).pos;
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    const cause = message.charAt(0).toLowerCase() + message.slice(1);
    throw expressionError(typeof position === 'number' ? position : at, cause);
  }
}
