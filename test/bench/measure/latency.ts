import { round, table } from '../report/table.js';
import { quantile } from './quantile.js';

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
}

export function latency(values: readonly number[]): Latency {
  const at = (share: number): number => round(quantile(values, share) ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), worst: at(1) };
}

type Summary = Readonly<Record<string, string | number | Latency>>;

/** A line for each latency of each column. */
export function controlTable(summaries: readonly Summary[]): string {
  const rows = summaries.flatMap(({ column, runs, ...latencies }) =>
    Object.entries(latencies).map(([name, figures]) => {
      const { p50, p95, worst } = figures as Latency;
      return [`${String(column)} ${name}`, runs as number, p50, p95, worst];
    }),
  );
  return table(['', 'runs', 'p50', 'p95', 'worst'], rows);
}
