import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onEnd } from '../run/cleanup.js';
import type { AppCalls, AppReply, AppRequest, AppSetting } from './protocol.js';

export interface Application {
  readonly pid: number;
  readonly calls: AppCalls;
  /** As if the machine had lost it. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
}

const callNames = [
  'load',
  'submit',
  'recover',
  'events',
  'readyToStarted',
  'map',
  'begin',
  'kill',
  'pause',
  'resume',
  'rollBack',
  'ask',
  'pages',
  'decide',
  'historyEvents',
  'stop',
] as const satisfies (keyof AppCalls)[];
const stopWithinMs = 15_000;

/** Starts a column in a process of its own; resolves when it is ready for work. */
export async function startApplication(
  setting: AppSetting,
  nodeOptions: readonly string[] = [],
): Promise<Application> {
  // The sources' ending, so that the benchmark runs built and unbuilt alike.
  const script = fileURLToPath(import.meta.url).replace(/application(\.[jt]s)$/, 'main$1');
  const child = fork(script, [JSON.stringify(setting)], {
    // Restate's SDK has no other way to be quiet.
    env: { ...process.env, RESTATE_LOGGING: 'ERROR' },
    execArgv: [...process.execArgv, ...nodeOptions],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onEnd(() => child.kill('SIGKILL'));
  const ask = createAsking(child, setting.column);
  await ask.ready;
  const calls = Object.fromEntries(
    callNames.map((call) => [call, (...args: unknown[]) => ask.call(call, args)]),
  ) as unknown as AppCalls;
  return {
    pid: child.pid as number,
    calls,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      const stuck = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await calls.stop().catch((error: unknown) => process.stderr.write(`bench: ${String(error)}\n`));
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(stuck);
    },
  };
}

function createAsking(child: ChildProcess, column: string) {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const answer = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  let asked = 0;
  child.on('message', (reply: AppReply) => {
    const asker = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) asker?.reject(new Error(`${column}: ${reply.error}`));
    else asker?.resolve(reply.value);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`${column}: its process ended (${signal ?? `exit ${code}`})`));
    waiting.clear();
  });
  return {
    ready: answer(0),
    call(call: keyof AppCalls, args: readonly unknown[]): Promise<unknown> {
      const id = ++asked;
      const reply = answer(id);
      child.send({ id, call, args } satisfies AppRequest);
      return reply;
    },
  };
}
