import { describe, expect, it } from '@jest/globals';
import { parsePlanText } from './text.js';

const refusal = (text: string): string => {
  const parsed = parsePlanText(text);
  return parsed.ok ? 'read' : parsed.faults.map(({ message }) => message).join('\n');
};

describe('parsePlanText', () => {
  it('reads YAML and JSON alike', () => {
    const plan = { version: 1, tasks: [{ id: 'a', with: { at: '2030-01-01', yes: 'no' } }] };
    expect(parsePlanText('version: 1\ntasks:\n  - { id: a, with: { at: 2030-01-01, yes: no } }\n')).toEqual({
      ok: true,
      value: plan,
    });
    expect(parsePlanText(JSON.stringify(plan, null, '\t'))).toEqual({ ok: true, value: plan });
  });

  it('says where the text is broken, for each fault', () => {
    expect(refusal('version: 1\ntasks: [a\nname: x: y')).toMatch(/^line \d+, column \d+: /);
    expect(refusal('a: 1\nb: 2\na: 3')).toBe('line 3, column 1: Map keys must be unique');
    expect(refusal('a: *nowhere')).toContain('nowhere');
  });

  it('refuses what is no JSON, and what would explode', () => {
    expect(refusal('a: .nan')).toBe('a: NaN is not JSON');
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level += 1) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(refusal(bomb.join('\n'))).toMatch(/alias|characters/i);
    expect(refusal('&a [*a]')).not.toBe('read');
    expect(refusal(`a: ${'x'.repeat(1_000_001)}`)).toContain('at most 1000000');
  });

  it('gives each alias a copy of its own', () => {
    const parsed = parsePlanText('a: &x { b: 1 }\nc: *x');
    expect(parsed).toEqual({ ok: true, value: { a: { b: 1 }, c: { b: 1 } } });
  });
});
