import { endAll, endOnSignals, isEnding } from './run/cleanup.js';
import { type BenchOptions, readRequest } from './run/options.js';

interface Benchmark {
  readonly description: string;
  /** Prints what people read, and gives all figures. */
  readonly run: (options: BenchOptions) => Promise<object>;
}

const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  peers: () => import('./peers.js'),
  crash: () => import('./crash.js'),
  start: () => import('./start.js'),
  decompose: () => import('./decompose.js'),
  map: () => import('./map.js'),
  kill: () => import('./kill.js'),
  pause: () => import('./pause.js'),
  rollback: () => import('./rollback.js'),
  approvals: () => import('./approvals.js'),
  routing: () => import('./routing.js'),
  'route-overhead': () => import('./route-overhead.js'),
};

async function usage(why: string): Promise<never> {
  const lines = await Promise.all(
    Object.entries(benchmarks).map(
      async ([name, load]) => `  ${name.padEnd(14)} ${(await load()).description}`,
    ),
  );
  process.stderr.write(
    `bench: ${why}\n\nnpm run bench -- NAME [--quick] [--rounds N] [--only COLUMN,…] [--loads W1,…] [--profile FOLDER] [--traces FOLDER]\n\n${lines.join('\n')}\n`,
  );
  process.exit(2);
}

async function main(): Promise<void> {
  let request;
  try {
    request = readRequest(process.argv.slice(2));
  } catch (error) {
    return usage((error as Error).message);
  }
  const [name, ...more] = request.names;
  const load = benchmarks[name ?? ''];
  if (!load || more.length > 0)
    return usage(name === undefined ? 'which one?' : `there is no benchmark "${request.names.join(' ')}"`);
  endOnSignals();
  try {
    const benchmark = await load();
    process.stderr.write(`${name}: ${benchmark.description}\n`);
    const figures = await benchmark.run(request.options);
    process.stdout.write(
      `\n${JSON.stringify({ ...figures, quick: request.options.quick, at: new Date().toISOString() })}\n`,
    );
  } catch (error) {
    if (isEnding()) return;
    process.stderr.write(
      `bench: ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  } finally {
    await endAll();
  }
}

await main();
process.exit();
