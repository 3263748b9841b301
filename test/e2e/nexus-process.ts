import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSameProcess, processStart } from '#ops/set-up/process-identity';
import { repositoryRoot } from '#ops/set-up/paths';
import { until } from './until.js';

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

export interface GraphqlReply {
  readonly status: number;
  // Replies are read as tests need them.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  readonly errors: readonly GraphqlError[];
}

/** How a process ended, and all that it said. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built product, running: API and worker in one process, Temporal's server and its UI in others. */
export interface NexusProcess {
  readonly pid: number;
  readonly url: string;
  readonly temporalAddress: string;
  /** What it has said on standard error. */
  readonly log: () => string;
  readonly graphql: (query: string, variables?: object) => Promise<GraphqlReply>;
  /** Process ids of Temporal's server and its UI, as they are now. */
  readonly temporalPids: () => readonly number[];
  /** Kills this process and nothing else. */
  readonly kill: () => Promise<void>;
  /** Kills this process, Temporal's server and its UI, with no chance to react. */
  readonly killAll: () => Promise<void>;
  /** Asks it to stop, and waits. */
  readonly stop: () => Promise<ProcessEnd>;
  /** Settles when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
}

export type Environment = Readonly<Record<string, string>>;

/** A place for one Nexus after the other: its data, a workspace, a ledger. */
export interface NexusHome {
  readonly folder: string;
  readonly workspace: string;
  readonly ledger: string;
  /** Starts it and waits until it is ready. */
  readonly start: (env?: Environment) => Promise<NexusProcess>;
  /** Runs a command line, `up` for one, to its end. */
  readonly run: (args: readonly string[], env?: Environment) => Promise<ProcessEnd>;
  /** Ends what still runs here, and removes everything. */
  readonly remove: () => Promise<void>;
}

const main = join(repositoryRoot, 'dist/apps/cli/src/main.js');
const flags = [
  '--disable-warning=ExperimentalWarning',
  // As `npm start` does it: when the test run is killed, what it started asks itself to stop.
  '--import',
  join(repositoryRoot, 'ops/set-up/stop-with-parent.mjs'),
];
/** Of the tester's environment: enough to find programs, nothing that would change what is tested. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NEXUS_CACHE', 'XDG_CACHE_HOME'];

/** A few seconds, but tests share the machine with whatever else is built and tested on it. */
const startWithinMs = 180_000;

/** For a hook that starts one. */
export const hookTimeoutMs = startWithinMs + 20_000;

export function createHome(name = 'nexus'): NexusHome {
  if (!existsSync(main)) throw new Error(`${main} is not built: npm test builds it`);
  const root = mkdtempSync(join(tmpdir(), `${name}-e2e-`));
  const folder = join(root, 'home');
  const workspace = join(root, 'workspace');
  const ledger = join(root, 'ledger.jsonl');
  mkdirSync(workspace);
  const living = new Set<Launched>();
  const launch = (args: readonly string[], env: Environment): Launched => {
    const started = launchNexus(args, { ...environmentOf({ folder, workspace, ledger }), ...env }, workspace);
    living.add(started);
    void started.ended.finally(() => living.delete(started));
    return started;
  };
  return {
    folder,
    workspace,
    ledger,
    start: async (env = {}) => nexusProcess(launch(['up', '--json'], env), env['NEXUS_HOME'] ?? folder),
    run: (args, env = {}) => launch(args, env).ended,
    async remove() {
      for (const { pid } of living) endAtOnce(pid);
      await Promise.all([...living].map(({ ended }) => ended));
      for (const pid of temporalPids(folder)) endAtOnce(pid);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function environmentOf(at: { folder: string; workspace: string; ledger: string }): Environment {
  const kept = inherited.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return {
    ...(Object.fromEntries(kept) as Environment),
    NEXUS_HOME: at.folder,
    NEXUS_PORT: '0',
    NEXUS_TEMPORAL_PORT: '0',
    NEXUS_TEMPORAL_UI_PORT: '0',
    NEXUS_WORKSPACES: at.workspace,
    NEXUS_TOOLS: join(repositoryRoot, 'test/e2e/tools'),
    NEXUS_LOG_LEVEL: 'warn',
    TEST_LEDGER: at.ledger,
  };
}

interface Launched {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<ProcessEnd>;
}

function launchNexus(args: readonly string[], env: Environment, cwd: string): Launched {
  const child = spawn(process.execPath, [...flags, main, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
  return { pid: child.pid!, stdout: () => said.stdout, stderr: () => said.stderr, ended };
}

async function nexusProcess(launched: Launched, home: string): Promise<NexusProcess> {
  const { pid, ended, stdout, stderr } = launched;
  let end: ProcessEnd | undefined;
  void ended.then((how) => (end = how));
  const { apiUrl: url, temporalAddress } = await until(
    'nexus up says where it is',
    () => {
      if (end) throw new Error(`nexus up ended with exit code ${end.code}:\n${end.stderr}`);
      const [line, rest] = stdout().split('\n', 2);
      return rest === undefined ? null : (JSON.parse(line!) as { apiUrl: string; temporalAddress: string });
    },
    { withinMs: startWithinMs },
  );
  await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
  return {
    pid,
    url,
    temporalAddress,
    log: stderr,
    graphql: (query, variables = {}) => askGraphql(url, query, variables),
    temporalPids: () => temporalPids(home),
    async kill() {
      endAtOnce(pid);
      await ended;
    },
    async killAll() {
      const pids = [pid, ...temporalPids(home)];
      const processes = pids.map((each) => ({ pid: each, start: processStart(each) }));
      for (const each of pids) endAtOnce(each);
      await ended;
      await until('all have died', () => !processes.some(isSameProcess));
    },
    async stop() {
      process.kill(pid, 'SIGTERM');
      return ended;
    },
    ended,
  };
}

/** One request over HTTP; an answer that is no GraphQL fails the test. */
async function askGraphql(url: string, query: string, variables: object): Promise<GraphqlReply> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data = null, errors = [] } = (await response.json()) as Partial<GraphqlReply>;
  return { status: response.status, data, errors };
}

/** As written down for the next start. */
function temporalPids(home: string): readonly number[] {
  const file = join(home, 'temporal', 'processes.json');
  if (!existsSync(file)) return [];
  const { server, ui } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    { pid: number } | undefined
  >;
  return [server, ui].flatMap((entry) => (entry === undefined ? [] : [entry.pid]));
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
