import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  readonly rounds: number | undefined;
  /** Columns of `peers`. */
  readonly only: readonly string[] | undefined;
  /** Folder for CPU profiles of the applications. */
  readonly profile: string | undefined;
}

export interface Request {
  readonly names: readonly string[];
  readonly options: BenchOptions;
}

/** Reads the command line; throws a plain error that says what is wrong with it. */
export function readRequest(args: readonly string[]): Request {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error(`--rounds takes a whole number from 1, not "${values.rounds}"`);
  const only = values.only?.split(',').filter((name) => name !== '');
  return { names: positionals, options: { quick: values.quick, rounds, only, profile: values.profile } };
}
