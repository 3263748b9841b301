import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  readonly rounds: number | undefined;
  /** Columns of `peers`. */
  readonly only: readonly string[] | undefined;
  /** Workloads of `peers`, by the beginning of their names. */
  readonly loads: readonly string[] | undefined;
  /** Folder for CPU profiles of the applications. */
  readonly profile: string | undefined;
  /** Folder of recorded traffic for `routing`. */
  readonly traces: string;
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
      loads: { type: 'string' },
      profile: { type: 'string' },
      traces: { type: 'string', default: '../shared/data/traces' },
    },
  });
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error(`--rounds takes a whole number from 1, not "${values.rounds}"`);
  const list = (text: string | undefined) => text?.split(',').filter((name) => name !== '');
  const { quick, profile, traces } = values;
  const options = { quick, rounds, only: list(values.only), loads: list(values.loads), profile, traces };
  return { names: positionals, options };
}
