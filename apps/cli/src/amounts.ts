import { parseUsd } from '#contracts';

/** A length of time for people: `0.4s`, `12.3s`, `3m 05s`, `2h 10m`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m ${two(whole % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** Dollars for people, from a decimal string: two decimals, more where these say too little. */
export function dollars(amount: string): string {
  const nanos = parseUsd(amount);
  if (nanos === null) return `$${amount}`;
  const value = nanos / 1e9;
  if (nanos === 0 || Math.abs(value) >= 1) return `$${value.toFixed(2)}`;
  return `$${value.toFixed(6).replace(/0{1,4}$/, '')}`;
}

/** A size in bytes for people: `812 B`, `4.2 KB`, `1.3 MB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1_000;
  let unit = 0;
  for (; value >= 999.95 && unit < units.length - 1; unit += 1) value /= 1_000;
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** `1 run`, `2 runs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
