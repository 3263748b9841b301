import { nexusError } from '#contracts';
import { Option } from 'commander';

/** The same everywhere: data as JSON on standard output, one object a line. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON, one object a line');
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Reads a whole number within bounds. */
export function wholeNumber(name: string, from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    throw nexusError('BAD_USER_INPUT', `${name}: "${text}" is not a whole number from ${from} to ${to}`);
  };
}
