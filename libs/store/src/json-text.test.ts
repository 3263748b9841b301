import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonText, parseTime, plainText, timeText } from './json-text.js';

const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

describe('jsonText', () => {
  it('replaces NUL and lone surrogates wherever they stand, and nothing else', () => {
    const anyText = fc.string({
      unit: fc.constantFrom('\\', '\0', 'u', '0000', '\ud800', '\udfff', '\u{1f600}', '"', 'é'),
    });
    fc.assert(
      fc.property(anyText, anyText, (key, text) => {
        const written = jsonText({ [key]: [text] });
        expect(JSON.parse(written)).toEqual({ [clean(key)]: [clean(text)] });
        expect(written).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/);
      }),
    );
  });

  it('writes undefined as null: a column must have some JSON', () => {
    expect(jsonText(undefined)).toBe('null');
  });
});

describe('plainText', () => {
  it('has no NUL and no half characters', () => {
    expect(plainText('a\0b\ud800c\u{1f600}')).toBe('a\ufffdb\ufffdc\u{1f600}');
  });
});

describe('times', () => {
  it.each([
    ['2026-01-31 12:00:00.123+00', Date.UTC(2026, 0, 31, 12, 0, 0, 123)],
    ['2026-01-31 12:00:00+00', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31 14:30:00.123456+02:30', Date.UTC(2026, 0, 31, 12, 0, 0, 123)],
    ['2026-01-31 10:00:00.5-02', Date.UTC(2026, 0, 31, 12, 0, 0, 500)],
  ])('are read from %s', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it('are written in UTC', () => {
    expect(timeText(Date.UTC(2026, 0, 31, 12, 0, 0, 123))).toBe('2026-01-31T12:00:00.123Z');
  });
});
