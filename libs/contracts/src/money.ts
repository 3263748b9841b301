/** Nano-dollars (1e-9 USD) as an integer. Safe as a JSON number up to about nine million dollars. */
export type NanoUsd = number;

/** `1500000000` as `1.5`; never an exponent, no trailing zeros. */
export function formatUsd(nanos: NanoUsd): string {
  const sign = nanos < 0 ? '-' : '';
  const digits = Math.abs(nanos).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Reads a decimal string of dollars; null when it is not one, or has more than nine decimals. */
export function parseUsd(text: string): NanoUsd | null {
  const match = /^(-?)(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return null;
  const nanos = Number(`${match[2]}${(match[3] ?? '').padEnd(9, '0')}`);
  return Number.isSafeInteger(nanos) ? (match[1] === '-' ? -nanos : nanos) : null;
}
