import { describe, expect, it } from '@jest/globals';
import { cursorOf, pageOf, parseCursor } from './cursor.js';

describe('cursors', () => {
  it('lead back to their row', () => {
    const row = { createdAt: 1_767_000_000_123, id: 'run_a:b' };
    expect(parseCursor(cursorOf(row))).toEqual(row);
  });

  it.each([
    '',
    'nonsense',
    '42',
    Buffer.from('1:').toString('base64url'),
    Buffer.from('x:y').toString('base64url'),
  ])('refuse %p', (cursor) => {
    expect(() => parseCursor(cursor)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('pageOf', () => {
  it('knows of a next page by the row too many', () => {
    expect(pageOf([1, 2, 3], 2)).toEqual({ rows: [1, 2], hasNextPage: true });
    expect(pageOf([1, 2], 2)).toEqual({ rows: [1, 2], hasNextPage: false });
  });
});
