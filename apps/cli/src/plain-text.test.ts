import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonLine, plainLine, plainText } from './plain-text.js';

describe('plainText', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['titles', '\u001b]0;owned\u0007text', 'text'],
    ['links, keeping their text', '\u001b]8;;http://evil.test\u001b\\here\u001b]8;;\u001b\\', 'here'],
    ['the clipboard', '\u001b]52;c;ZXZpbA==\u0007after', 'after'],
    ['eight-bit sequences', '\u009b2Jgone \u009d0;t\u009cx', 'gone x'],
    ['device control strings', '\u001bPq#0\u001b\\x', 'x'],
    ['sequences cut off by the end', 'a\u001b[', 'a'],
    ['reordering', 'a\u202eb', 'ab'],
  ])('takes out %s', (_what, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('keeps lines and tabs, and starts a line where a carriage return overwrote one', () => {
    expect(plainText('a\tb\r\nc\rd')).toBe('a\tb\nc\nd');
  });

  it('leaves nothing that a terminal would act on', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('\u001b', '\u001b]', '\u009b', '\u001b[3', '\u0007'),
          ),
        ),
        (parts) => {
          // oxlint-disable-next-line no-control-regex
          expect(plainText(parts.join(''))).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        },
      ),
    );
  });
});

it('puts text on one line', () => {
  expect(plainLine('  two\n\u001b[1mlines\t ')).toBe('two lines');
});

it('escapes eight-bit controls in JSON and keeps the value', () => {
  const line = jsonLine({ text: 'a\u009b2J\u001b' });
  expect(line).toBe('{"text":"a\\u009b2J\\u001b"}');
  expect(JSON.parse(line)).toEqual({ text: 'a\u009b2J\u001b' });
});
