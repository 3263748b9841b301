import { expect, it } from '@jest/globals';
import { byteSize, counted, dollars, elapsed } from './amounts.js';

it.each([
  [0, '0.0s'],
  [440, '0.4s'],
  [59_940, '59.9s'],
  [59_960, '1m 00s'],
  [185_000, '3m 05s'],
  [7_800_000, '2h 10m'],
  [3 * 86_400_000, '3d 0h'],
])('shows %d ms as %s', (ms, text) => {
  expect(elapsed(ms)).toBe(text);
});

it.each([
  ['0', '$0.00'],
  ['1.5', '$1.50'],
  ['0.0123', '$0.0123'],
  ['0.5', '$0.50'],
  ['0.0012', '$0.0012'],
  ['0.000042', '$0.000042'],
  ['many', '$many'],
])('shows %s dollars as %s', (amount, text) => {
  expect(dollars(amount)).toBe(text);
});

it.each([
  [812, '812 B'],
  [4_200, '4.2 KB'],
  [999_960, '1.0 MB'],
  [1_300_000_000, '1.3 GB'],
])('shows %d bytes as %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});

it('counts one and many', () => {
  expect([counted(1, 'run'), counted(2, 'run')]).toEqual(['1 run', '2 runs']);
});
