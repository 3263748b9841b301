import { describe, expect, it } from '@jest/globals';
import { nexusError } from '#contracts';
import { GraphQLError } from 'graphql';
import { presentError } from './present-error.js';

const wrapped = (originalError: Error) =>
  new GraphQLError(originalError.message, { originalError, path: ['startPlan'] });

describe('presentError', () => {
  it('shows all of an error made on purpose', () => {
    const error = wrapped(
      nexusError('RATE_LIMITED', 'too many', { retryable: true, retryAfterMs: 50, hint: 'wait' }),
    );
    expect(presentError(error, 'req_1')).toEqual({
      message: 'too many',
      path: ['startPlan'],
      extensions: {
        code: 'RATE_LIMITED',
        requestId: 'req_1',
        retryable: true,
        retryAfterMs: 50,
        hint: 'wait',
      },
    });
  });

  it('masks every other error', () => {
    const shown = presentError(wrapped(new Error('password is hunter2')), 'req_1');
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(shown.extensions).toMatchObject({ code: 'INTERNAL', requestId: 'req_1', retryable: false });
  });

  it('keeps the codes of GraphQL itself', () => {
    const error = new GraphQLError('no such field', { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    expect(presentError(error, 'r')).toMatchObject({
      message: 'no such field',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  it.each([
    ['PROVIDER_AUTH', 'PROVIDER_UNAVAILABLE'],
    ['INVALID_INPUT', 'BAD_USER_INPUT'],
    ['TOOL_FAILED', 'INTERNAL'],
  ] as const)('says %s as %s, since a task failure is no code of the API', (inside, outside) => {
    expect(presentError(wrapped(nexusError(inside, 'x')), 'r').extensions).toMatchObject({ code: outside });
  });
});
