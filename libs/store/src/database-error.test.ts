import { describe, expect, it } from '@jest/globals';
import { nexusError } from '#contracts';
import { badData, lostToAnother, withDatabaseErrors } from './database-error.js';

const refused = (code: string): Error => Object.assign(new Error('refused'), { code });

describe('database errors', () => {
  it('are the data’s fault only when the database says so', () => {
    expect(['22P05', '23514', '23505'].map((code) => badData(refused(code)))).toEqual([true, true, true]);
    expect(
      ['40P01', '57P01', '08006', '53100', 'ECONNREFUSED'].map((code) => badData(refused(code))),
    ).toEqual(Array(5).fill(false));
    expect(['40P01', '40001', '23505'].map((code) => lostToAnother(refused(code)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('reach callers as NexusErrors that name the operation; our own stay as they are', async () => {
    const conflict = nexusError('CONFLICT', 'no');
    const repository = withDatabaseErrors('runs', {
      gone: () => Promise.reject(new AggregateError([refused('ECONNREFUSED')])),
      bad: () => Promise.reject(refused('23514')),
      own: () => Promise.reject(conflict),
      fine: (value: number) => Promise.resolve(value),
    });
    await expect(repository.gone()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'runs.gone: the database did not do it: refused',
      failure: { retryable: true },
    });
    await expect(repository.bad()).rejects.toMatchObject({ code: 'INTERNAL', failure: { retryable: false } });
    await expect(repository.own()).rejects.toBe(conflict);
    await expect(repository.fine(1)).resolves.toBe(1);
  });
});
