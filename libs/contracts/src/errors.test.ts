import { describe, expect, it } from '@jest/globals';
import { failureOf, nexusError } from './errors.js';

const long = 'no '.repeat(1_000_000);

describe('the failure of an error', () => {
  it.each([
    ['of ours', nexusError('TOOL_FAILED', long)],
    ['of others', new Error(long)],
    ['that is no error at all', long],
    ['with a cause', nexusError('INTERNAL', 'outside', { cause: new Error(long) })],
  ])('%s fits into a history, however long its message is', (_whose, error) => {
    const text = JSON.stringify(failureOf(error));
    expect(text.length).toBeLessThan(10_000);
    expect(text).toContain('no no no');
    expect(text).toContain('cut: 3000000 characters');
  });

  it('keeps a message of usual length as it is', () => {
    expect(failureOf(new Error('it broke'))).toEqual({
      code: 'INTERNAL',
      message: 'it broke',
      retryable: false,
    });
  });
});
