import { setTimeout as wait } from 'node:timers/promises';
import { latency } from './measure/latency.js';
import { cpuOf, memoryOf } from './measure/processes.js';
import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';
import { startEmbeddedPlace } from './servers/embedded-place.js';

export const description = 'runs that wait for people: what they cost, and how soon one is found and decided';

const column = 'nexus:default';
const each = 10;
const settleMs = 5_000;
const quietMs = 10_000;

/** Lets runs ask, ten questions each, on PostgreSQL and on the embedded databases. */
export async function run(options: BenchOptions): Promise<object> {
  const runs = options.quick ? 50 : 1_000;
  const decisions = options.quick ? 10 : 100;
  const context = await createBenchContext(options);
  const places = { postgres: () => ({}), embedded: await startEmbeddedPlace(context.servers.folder) };
  const measured = [];
  for (const [place, setting] of Object.entries(places)) {
    const application = await context.start(column, setting(column));
    const { calls, pid } = application;
    await calls.ask(20, 1);
    await calls.decide(20);
    await wait(2_000);
    const memoryBefore = memoryOf(pid);
    const startedAt = performance.now();
    await calls.ask(runs, each);
    const askedInSeconds = (performance.now() - startedAt) / 1000;
    const memoryAfter = memoryOf(pid);
    const { milliseconds, rows } = await calls.pages();
    if (rows !== runs * each) throw new Error(`${rows} questions are listed, not ${runs * each}`);
    // Until the last of them has told all that it has to tell.
    await wait(settleMs);
    const idle = await whileIdle(application);
    if (idle.historyEvents !== 0) throw new Error(`${idle.historyEvents} history events while all runs wait`);
    const { answered, done } = await calls.decide(decisions);
    const at = (share: number) => round(quantile(milliseconds, share) ?? Number.NaN);
    const figures = {
      place,
      runs,
      waiting: rows,
      askedInSeconds: round(askedInSeconds),
      memoryBefore,
      memoryAfter,
      page: { p50: at(0.5), p99: at(0.99), worst: at(1) },
      idle,
      answered: latency(answered),
      done: latency(done),
    };
    measured.push(figures);
    say(`${place.padEnd(9)} ${JSON.stringify(figures)}`);
    await application.stop();
  }
  const head = [
    '',
    'waiting',
    'MB before',
    'MB after',
    'page p50 ms',
    'p99',
    'decide p50 ms',
    'p95',
    'until done p50',
    'p95',
    'idle CPU ms/s',
  ];
  const lines = measured.map((one) => [
    one.place,
    one.waiting,
    one.memoryBefore,
    one.memoryAfter,
    one.page.p50,
    one.page.p99,
    one.answered.p50,
    one.answered.p95,
    one.done.p50,
    one.done.p95,
    one.idle.cpuMsPerSecond,
  ]);
  process.stdout.write(`\n${runs} runs that wait for ${each} people each\n${table(head, lines)}\n`);
  return { benchmark: 'approvals', measured };
}

/** What grows in the histories of all runs while nobody does anything, and what that costs the application. */
async function whileIdle({
  pid,
  calls,
}: {
  readonly pid: number;
  readonly calls: { historyEvents(): Promise<number> };
}) {
  const before = await calls.historyEvents();
  await wait(1_000);
  const cpuBefore = cpuOf(pid) ?? Number.NaN;
  await wait(quietMs);
  const cpuMs = (cpuOf(pid) ?? Number.NaN) - cpuBefore;
  const after = await calls.historyEvents();
  return {
    seconds: quietMs / 1000,
    historyEvents: after - before,
    cpuMsPerSecond: round(cpuMs / (quietMs / 1000)),
  };
}
