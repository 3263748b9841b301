import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#contracts';
import fc from 'fast-check';
import { evaluate, evaluateCondition } from './evaluate.js';

const env = {
  inputs: { name: 'Ada', count: 3, list: [3, 1, 2], nested: { a: [{ b: 1 }] }, nothing: null },
  tasks: { 'cool-down': { status: 'FAILED', output: null } },
  loop: { index: 0, last: null },
};
const value = (expression: string): JsonValue => evaluate('${' + expression + '}', env);
const failure = (text: string): string => {
  try {
    evaluate(text, env);
  } catch (error) {
    expect(error).toMatchObject({ code: 'EXPRESSION_FAILED', nexus: true });
    return (error as Error).message;
  }
  throw new Error(`${text} did not fail`);
};

describe('what an expression gives', () => {
  it.each<[string, JsonValue]>([
    ['1 + 2 * 3 ** 2 % 4', 1 + ((2 * 3 ** 2) % 4)],
    ['-inputs.count', -3],
    ['"a" + 1 + null', 'a1null'],
    ['inputs.name == "Ada" && inputs.count != "3"', true],
    ['inputs.name === "Bob" ? 1 : 2', 2],
    ['inputs.missing ?? "none"', 'none'],
    ['inputs.missing?.a.b.c', null],
    ['inputs.missing === undefined', true],
    ['loop.last?.check?.status !== "SUCCEEDED"', true],
    ['!(loop.last?.score > 3)', true],
    ['tasks["cool-down"].status', 'FAILED'],
    ['inputs.nested.a[0].b', 1],
    ['inputs["na" + "me"]', 'Ada'],
    ['inputs.name.length + inputs.list.length', 6],
    ['inputs.name[0]', 'A'],
    ['[...inputs.list, 4]', [3, 1, 2, 4]],
    ['({ ...inputs.nested, name: inputs.name, ["k" + 1]: 2 })', { a: [{ b: 1 }], name: 'Ada', k1: 2 }],
    ['`${inputs.name} has ${inputs.list}`', 'Ada has [3,1,2]'],
    ['inputs.list.map((x, i) => x * i)', [0, 1, 4]],
    ['inputs.list.filter(x => x > 1).map(x => [x])', [[3], [2]]],
    ['inputs.list.find(x => x > 5)', null],
    ['inputs.list.some(x => x > 2) && inputs.list.every(x => x > 0)', true],
    ['inputs.list.sort()', [1, 2, 3]],
    ['inputs.list.sort(x => -x)', [3, 2, 1]],
    ['[{k: "b"}, {k: null}, {k: "a"}, {k: 2}].sort(x => x.k).map(x => x.k)', [2, 'a', 'b', null]],
    ['inputs.list.includes(2) && inputs.name.includes("d")', true],
    ['inputs.list.slice(1).concat(9, [8])', [1, 2, 9, 8]],
    ['inputs.list.join("-")', '3-1-2'],
    ['[[1, [2]], 3].flat()', [1, [2], 3]],
    ['"a,b".split(",")', ['a', 'b']],
    ['" x ".trim().toUpperCase().toLowerCase()', 'x'],
    ['"abc".startsWith("a") && "abc".endsWith("c")', true],
    ['"a.b.c".replaceAll(".", "$&")', 'a$&b$&c'],
    ['(2.345).toFixed(1)', '2.3'],
    ['keys({ b: 1, a: 2 })', ['b', 'a']],
    ['entries({ a: 1 }).map(([key, number]) => key + number)', ['a1']],
    ['[{ a: 1 }].map(({ a }) => a)', [1]],
    ['values({ a: 1 })', [1]],
    ['[min(2, 1), max([1, 2]), max(...inputs.list), sum(inputs.list), round(2.346, 2)]', [1, 2, 3, 6, 2.35]],
    ['min([])', null],
    ['json({ a: [1] })', '{"a":[1]}'],
    ['parseJson("{\\"a\\":[1]}").a', [1]],
    ['{ "a": undefined }', { a: null }],
  ])('%s', (expression, expected) => expect(value(expression)).toEqual(expected));
});

describe('expressions in text and in JSON', () => {
  it('keep their type alone and become text inside text', () => {
    expect(evaluate({ a: '${inputs.count}', b: ['n=${inputs.count}'] }, env)).toEqual({ a: 3, b: ['n=3'] });
    expect(evaluate('${inputs.nested} ${null}${inputs.missing} ${true}', env)).toBe(
      '{"a":[{"b":1}]} nullnull true',
    );
  });

  it('leave a literal ${ where it is written $${', () => {
    expect(evaluate('$${inputs.count} $5 $$ ${1}', env)).toBe('${inputs.count} $5 $$ 1');
  });

  it('see braces, quotes and templates inside', () => {
    expect(evaluate('<${ {a: "}"}.a }> ${`${"}"}`}', env)).toBe('<}> }');
  });

  it('are asked for their truth', () => {
    expect(evaluateCondition('${inputs.list.length > 0}', env)).toBe(true);
    expect(evaluateCondition('${inputs.nothing}', env)).toBe(false);
    expect(evaluateCondition(true, env)).toBe(true);
  });

  it('leave any JSON without ${ as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const plain = JSON.parse(JSON.stringify(json).replaceAll('${', '')) as JsonValue;
        expect(evaluate(plain, env)).toEqual(plain);
      }),
    );
  });

  it('give any JSON back that stands in them as a literal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(json)));
        const literal = JSON.parse(JSON.stringify(json)) as JsonValue;
        expect(evaluate('${' + JSON.stringify(literal) + '}', {})).toEqual(literal);
      }),
    );
  });
});

describe('a failure', () => {
  it('names the expression, the position and the cause', () => {
    expect(failure('text ${inputs.missing.name}')).toBe(
      '${inputs.missing.name} failed at character 23: cannot read "name" of undefined',
    );
    expect(failure('${foo}')).toContain('unknown name "foo"');
    expect(failure('${1 +}')).toContain('at character 6: unexpected token');
    expect(failure('${1')).toContain('no } closes');
    expect(failure('${1/0}')).toContain('Infinity is not a value');
    expect(failure('${[] + 1}')).toContain('cannot take a list');
    expect(failure('${"a".map(x => x)}')).toContain('a string has no method map');
    expect(failure('${parseJson("{")}')).toContain('parseJson:');
  });

  it.each([
    'inputs.constructor',
    'inputs.constructor.constructor("return 1")()',
    '"".constructor',
    'inputs["con" + "structor"]',
    'inputs[["constructor"]]',
    'inputs.__proto__',
    'inputs["__proto__"]',
    '({ __proto__: inputs })',
    '({ ["__pro" + "to__"]: inputs })',
    'inputs.list.map.constructor',
    'inputs.list["map"](x => x)',
    'inputs.toString()',
    'inputs.hasOwnProperty("name")',
    '({ get a() { return 1 } })',
    '({ a() { return 1 } })',
    '(x => x)(1)',
    '(() => inputs)',
    'globalThis',
    'process.exit()',
    'this',
    'new Date()',
    'import("fs")',
    'import.meta',
    'eval("1")',
    'inputs.count = 1',
    'inputs.count++',
    'delete inputs.count',
    'typeof inputs',
    '/a+/',
    '10n',
    '1, 2',
    'a`b`',
    'async () => 1',
    'inputs.list.map(x => { return x })',
    'inputs.list.map(async x => x)',
    'inputs.list.sort((a, b) => a - b)',
    'inputs.list.map((a = inputs.constructor) => a)',
    '[1,,2]',
    'inputs.list.flatMap(x => x)',
    '[].concat.call(inputs)',
    '[{}].map(({ constructor }) => constructor)',
    '[{}].map(({ ["constructor"]: c }) => c)',
  ])('is what %s comes to', (expression) => {
    expect(failure('${' + expression + '}')).toContain('failed at character');
  });

  it('is what a prototype comes to, too: only own data is read', () => {
    expect(value('inputs.toString')).toBeNull();
    expect(value('[inputs.list.map, inputs.name.at, inputs.list["0.0"]]')).toEqual([null, null, null]);
    expect(evaluate('${x.polluted}', { x: Object.create({ polluted: 1 }) as JsonValue })).toBeNull();
    const hostile = JSON.parse('{"x": {"__proto__": {"polluted": 1}}}') as { x: JsonValue };
    expect(Object.hasOwn(evaluate('${({ ...x })}', hostile) as object, '__proto__')).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('ends what would take too long or grow too large', () => {
    const list = '[0,1,2,3,4,5,6,7,8,9]';
    const nested = (levels: number): string =>
      levels === 0 ? '1' : `${list}.map(x${levels} => ${nested(levels - 1)})`;
    expect(failure('${' + nested(9) + '}')).toContain('steps');
    const doubled = Array.from({ length: 24 }).reduce<string>(
      (text) => `[${text}].map(x => x + x)[0]`,
      '"aaaaaaaa"',
    );
    expect(failure('${' + doubled + '}')).toMatch(/steps|longer/);
    expect(failure('${' + '('.repeat(20_000) + '1' + ')'.repeat(20_000) + '}')).toContain('nested deeper');
    expect(failure('${' + '!'.repeat(500) + '1}')).toContain('nested deeper');
    expect(failure('${' + '1+'.repeat(60_000) + '1}')).toContain('longer than');
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as JsonValue;
    expect(() => evaluate('${x}', { x: deep })).toThrow(/nested deeper/);
  });

  it('leaves room for the lists of large maps', () => {
    const files = Array.from({ length: 20_000 }, (_, index) => ({
      path: `src/file-${index}.ts`,
      size: index,
    }));
    const found = evaluate('${files.filter(f => f.path.endsWith("9.ts") && f.size > 10).map(f => f.path)}', {
      files,
    });
    expect(found).toHaveLength(1_999);
  });
});

describe('any text at all', () => {
  const fragments = fc.constantFrom(
    'inputs',
    'tasks',
    '.',
    '?.',
    '[',
    ']',
    '(',
    ')',
    '{',
    '}',
    '=>',
    'x',
    ',',
    '+',
    '"a"',
    '1',
    '...',
    ':',
    '?',
    '.map(',
    '.sort(',
    'constructor',
    '__proto__',
    'list',
    'name',
    '`',
    '${',
    '$${',
    '??',
    ' ',
    'json(',
    '.flat()',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((text) => '${' + text + '}'),
    fc.array(fragments, { maxLength: 14 }).map((parts) => '${' + parts.join('') + '}'),
  );

  it('gives JSON, the same each time, or EXPRESSION_FAILED', () => {
    const attempt = (text: string): unknown => {
      try {
        return { value: evaluate(text, env) };
      } catch (error) {
        expect(error).toMatchObject({ code: 'EXPRESSION_FAILED' });
        return { message: (error as Error).message };
      }
    };
    fc.assert(
      fc.property(texts, (text) => {
        const first = attempt(text);
        expect(attempt(text)).toEqual(first);
        expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      }),
      { numRuns: 2_000 },
    );
  });
});
