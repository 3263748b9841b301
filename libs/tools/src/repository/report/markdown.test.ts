import { describe, expect, it } from '@jest/globals';
import { bytesText, code, percent, plain, sparkline, table } from './markdown.js';

describe('text of a repository in Markdown', () => {
  it.each([
    ['![x](https://evil.test/p.png)', String.raw`\!\[x\](https:`],
    ['<img src=x onerror=y>', String.raw`\<img src=x onerror=y\>`],
    ['a | b', String.raw`a \| b`],
    ['# title\n- item', String.raw`\# title - item`],
    ['\u202Egnp.exe\u0007', 'gnp.exe'],
    ['@everyone', '@\u200beveryone'],
  ])('%j is no markup', (text, start) => {
    expect(plain(text).startsWith(start)).toBe(true);
    expect(plain(text)).not.toMatch(/https:\/\//);
  });

  it('fences code whatever ticks it holds', () => {
    expect(code('src/a.ts')).toBe('`src/a.ts`');
    expect(code('a`b``c')).toBe('``` a`b``c ```');
    expect(code('a|b\nc')).toBe(String.raw`${'`'}a\|b c${'`'}`);
  });

  it('aligns columns of numbers, and leaves out a table without rows', () => {
    expect(
      table(
        ['File', 'Lines'],
        [
          ['a', 1200],
          ['b', 3],
        ],
      ),
    ).toEqual(['| File | Lines |', '| --- | ---: |', '| a | 1,200 |', '| b | 3 |', '']);
    expect(table(['File'], [])).toEqual([]);
  });

  it('writes figures', () => {
    expect([percent(0.5), percent(0.0123), percent(0)]).toEqual(['50 %', '1.2 %', '0 %']);
    expect([bytesText(10), bytesText(2048), bytesText(3 << 20)]).toEqual(['10 B', '2 KiB', '3.0 MiB']);
    expect(sparkline([0, 1, 8, 4])).toBe('·▁█▄');
  });
});
