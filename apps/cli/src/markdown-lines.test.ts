import { expect, it } from '@jest/globals';
import { markdownLines } from './markdown-lines.js';
import type { Output } from './terminal.js';

const markdown = '# Title\n\nSome **bold** and `code`.\n```\n# not a heading\n```\n\u001b[2Jx\n';

function output(isTerminal: boolean): Output {
  const paint = (style: unknown, text: string) => `<${String(style)}:${text}>`;
  return {
    isTerminal,
    paint,
    write: () => undefined,
    line: () => undefined,
    columns: () => 80,
    rows: () => 24,
  };
}

it('shows weight instead of marks on a terminal, and leaves code alone', () => {
  expect(markdownLines(markdown, output(true))).toEqual([
    '<bold:Title>',
    '',
    'Some <bold:bold> and <cyan:code>.',
    '<dim:```>',
    '<dim:# not a heading>',
    '<dim:```>',
    'x',
  ]);
});

it('gives Markdown back elsewhere, without control characters', () => {
  expect(markdownLines(markdown, output(false)).join('\n')).toBe(markdown.replace('\u001b[2J', '').trimEnd());
});
