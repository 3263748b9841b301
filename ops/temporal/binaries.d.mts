/** Programs that can serve as the embedded Temporal. */
export type TemporalBinaries =
  { kind: 'server'; version: string; server: string; ui: string | undefined } | { kind: 'cli'; cli: string };

export function findTemporal(options: {
  root: string;
  cache: string;
  env?: Record<string, string | undefined>;
}): TemporalBinaries | undefined;

export function findGo(env?: Record<string, string | undefined>): string | undefined;
