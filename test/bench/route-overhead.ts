import { createRouter } from '../../libs/routing/src/decision/router.js';
import type { RouteRequest } from '../../libs/routing/src/decision/route.js';
import { quantile } from './measure/quantile.js';
import { round, table } from './report/table.js';
import { measureLedger } from './routing/ledger-overhead.js';
import { createPcg } from './routing/pcg.js';
import { usualProviders } from './routing/providers.js';
import type { BenchOptions } from './run/options.js';
import { startBenchServers } from './servers/bench-servers.js';

export const description = 'what the router adds to a call: a decision, and its reservation and settlement';

const targetMicros = 25;

/** Decisions under traffic: between them calls begin and end, so that nothing stays as it was computed last. */
export async function run(options: BenchOptions): Promise<object> {
  const decisions = (options.rounds ?? (options.quick ? 1 : 5)) * 20_000;
  const rows = [10, 100].map((candidates) => ({ candidates, ...measured(candidates, decisions) }));
  process.stdout.write(
    `\nmicroseconds per decision\n${table(
      ['candidates', 'p50', 'p95', 'p99', 'p99.9', 'decisions'],
      rows.map((row) => [String(row.candidates), row.p50, row.p95, row.p99, row.p999, decisions]),
    )}\n`,
  );
  return { benchmark: 'route-overhead', targetMicros, decisions, rows, ledger: await ledgerRows(options) };
}

const ledgerTargetMs = 8;

/** Every call waits for two commits that are synced to the disk. */
async function ledgerRows({ quick }: BenchOptions) {
  const servers = await startBenchServers();
  const rows = [];
  for (const atOnce of [1, 8]) {
    const url = await servers.database(`ledger_${atOnce}`);
    rows.push(await measureLedger({ url, calls: quick ? 200 : 2_000, atOnce }));
  }
  process.stdout.write(
    `\nmilliseconds to reserve and settle a call on PostgreSQL (p95 at most ${ledgerTargetMs})\n${table(
      ['at once', 'p50', 'p95', 'worst', 'calls/s'],
      rows.map(({ atOnce, both, callsPerSecond }) => [
        String(atOnce),
        both.p50,
        both.p95,
        both.worst,
        round(callsPerSecond),
      ]),
    )}\n`,
  );
  return { targetMs: ledgerTargetMs, rows };
}

function measured(candidates: number, decisions: number) {
  const random = createPcg(7);
  const usual = usualProviders().map(({ deployment }) => deployment);
  const offers = Array.from({ length: candidates }, (_, i) => {
    const like = usual[i % usual.length] ?? usual[0]!;
    const quota = { requestsPerMinute: 1e6, inputTokensPerMinute: 1e9, outputTokensPerMinute: null };
    const id = `${like.id}-${i}`;
    return { ...like, id, domains: [...like.domains, id], pools: [{ id, concurrency: 1_000, ...quota }] };
  });
  const closed = { state: 'CLOSED', availableAt: null } as const;
  const router = createRouter({ random: random.next, breakers: () => closed });
  const micros: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  // The first tenth is for the compiler.
  for (let nth = -decisions / 10; nth < decisions; nth++) {
    now += 20;
    const request: RouteRequest = {
      tenant: 'bench',
      model: 'nexus:standard',
      offers,
      abilities: ['tools'],
      inputTokens: 500 + Math.floor(20_000 * random.next()),
      prefixTokens: 400,
      outputTokens: { p50: 200, p95: 900 },
      maxOutputTokens: 4_096,
      deadlineMs: 60_000,
      timeValue: 200_000,
      remaining: 1e12,
      affinity: `bench/${nth % 500}`,
      explores: true,
    };
    const before = performance.now();
    const { candidates: ordered } = router.decide(request, now);
    const took = (performance.now() - before) * 1000;
    if (nth >= 0) micros.push(took);
    const chosen = ordered[0]?.deployment.id;
    if (chosen === undefined) throw new Error('nothing was chosen');
    router.begun(chosen, now);
    router.observed({
      deployment: chosen,
      outcome: random.next() < 0.01 ? 'failed' : 'answered',
      at: now + 10,
      totalMs: 1_000 + 1_000 * random.next(),
      firstTokenMs: 300 + 500 * random.next(),
      inputTokens: request.inputTokens,
      cachedTokens: 0,
      outputTokens: 150,
      affinity: request.affinity,
    });
  }
  const at = (share: number): number => round(quantile(micros, share) ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), p999: at(0.999) };
}
