import { expect, it } from '@jest/globals';
import { outputTo } from '../terminal.js';
import { lineLogPrinter } from './log-printer.js';

function printer(isTTY: boolean) {
  let written = '';
  const stream = { isTTY, write: (text: string) => (written += text) };
  return { ...lineLogPrinter(outputTo(stream, { NO_COLOR: '1' })), written: () => written };
}
const at = '2026-01-01T00:00:00Z';

it('joins pieces into lines, each with its task and stream', () => {
  const { print, flush, written } = printer(false);
  print({ at, taskPath: 'a', stream: 'stdout', text: 'one\ntw' });
  print({ at, taskPath: 'b', stream: 'stderr', text: 'oops\n' });
  print({ at, taskPath: 'a', stream: 'stdout', text: 'o\nlast' });
  flush();
  expect(written()).toBe('a | one\nb ! oops\na | two\na | last\n');
});

it('keeps colours for files and takes them out for a terminal', () => {
  const chunk = { at, taskPath: 'a', stream: 'stdout', text: '\u001b[31mred\u001b[0m\n' } as const;
  const [file, terminal] = [printer(false), printer(true)];
  file.print(chunk);
  terminal.print(chunk);
  expect(file.written()).toBe('a | \u001b[31mred\u001b[0m\n');
  expect(terminal.written()).toBe('a | red\n');
});
