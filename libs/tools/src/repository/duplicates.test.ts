import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createDuplicateFinder, isComparedForCopies, windowLines } from './duplicates.js';

// A lot to compare, on machines that may be busy.
jest.setTimeout(30_000);

const block = [
  'const a = read();',
  'const b = a.size;',
  'if (b > 3) {',
  'report(a, b);',
  '}',
  'store(a);',
  'store(b);',
  'done(a, b);',
];
const filler = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${name}${n}(${n});`);

describe('createDuplicateFinder', () => {
  it('finds a block in two files, whatever its indentation, with the lines where it stands', () => {
    const finder = createDuplicateFinder();
    finder.add('a.ts', [...filler('x', 5), ...block, ...filler('y', 5)].join('\n'));
    finder.add(
      'b.ts',
      [...filler('z', 2), '', ...block.map((line) => `    ${line}`), ...filler('w', 3)].join('\r\n'),
    );
    expect(finder.result(10)).toMatchObject({
      blocks: [
        {
          lines: 7, // the lone bracket does not count
          places: [
            { path: 'a.ts', start: 6, end: 13 },
            { path: 'b.ts', start: 4, end: 11 },
          ],
        },
      ],
      blockCount: 1,
      duplicatedLines: 7,
      files: [
        { path: 'a.ts', lines: 7 },
        { path: 'b.ts', lines: 7 },
      ],
    });
  });

  it('finds one within a file, and gathers all places of a block', () => {
    const finder = createDuplicateFinder();
    finder.add('a.ts', [...block, ...filler('x', 3), ...block, ...filler('y', 3), ...block].join('\n'));
    const result = finder.result(10);
    expect(result.blocks).toHaveLength(1);
    expect(result.blocks[0]?.places.map(({ start }) => start)).toEqual([1, 12, 23]);
    expect(result.duplicatedLines).toBe(14);
    expect(result.files).toEqual([{ path: 'a.ts', lines: 21 }]);
  });

  it.each([
    ['comments', Array.from({ length: 9 }, (_, n) => `// licence line ${n}`)],
    ['imports', Array.from({ length: 9 }, (_, n) => `import { a${n} } from './a${n}.js';`)],
    ['too few lines', block.slice(0, 5)],
    ['the same line over and over', Array.from({ length: 50 }, () => 'row(0, 0, 0);')],
  ])('does not count %s', (_, lines) => {
    const finder = createDuplicateFinder();
    finder.add('a.ts', [...lines, ...filler('x', 5)].join('\n'));
    finder.add('b.ts', [...lines, ...filler('y', 5)].join('\n'));
    expect(finder.result(10)).toMatchObject({ blockCount: 0, duplicatedLines: 0 });
  });

  it('takes long tables of few different lines in one pass', () => {
    const finder = createDuplicateFinder();
    const table = Array.from({ length: 40_000 }, (_, n) => `row(${n % 3});`).join('\n');
    finder.add('a.ts', table);
    finder.add('b.ts', table);
    expect(finder.result(10).codeLines).toBe(80_000);
  });

  it('finds every copy of a file whose lines all differ', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 5 }), (lines, before) => {
        const text = filler('same', lines);
        const finder = createDuplicateFinder();
        finder.add('a.ts', text.join('\n'));
        finder.add('b.ts', [...filler('other', before), ...text].join('\n'));
        expect(finder.result(10).duplicatedLines).toBe(lines >= windowLines ? lines : 0);
      }),
    );
  });

  it('leaves out tests, generated files and migrations', () => {
    const compared = [
      'src/a.ts',
      'a.test.ts',
      'dist/a.js',
      'db/migrations/one.sql',
      'sql/000012.sql',
      'a.md',
      'query.sql',
    ];
    expect(compared.filter(isComparedForCopies)).toEqual(['src/a.ts', 'query.sql']);
  });
});
