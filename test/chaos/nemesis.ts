import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { Seeded } from './model/seeded.js';
import { signal } from './stack/node.js';
import type { Stack } from './stack/stack.js';

/** A fault that can strike a stack; resolves when the fault itself is over, not when its traces are. */
export type Fault = (stack: Stack, random: Seeded) => Promise<void>;

/** All faults there are, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  'kill a': async ({ nodes }) => nodes[0].kill(),
  'kill b': async ({ nodes }) => nodes[1].kill(),
  'kill both': async ({ nodes }) => nodes.forEach((node) => node.kill()),
  'freeze a': ({ nodes }, random) => nodes[0].freeze(wait(random.between(3_000, 8_000))),
  'freeze b': ({ nodes }, random) => nodes[1].freeze(wait(random.between(3_000, 8_000))),
  'kill Temporal': async ({ temporalPid }) => {
    const pid = temporalPid();
    if (pid !== undefined) signal(pid, 'SIGKILL');
  },
  'freeze Temporal': async ({ temporalPid }, random) => {
    const pid = temporalPid();
    if (pid === undefined) return;
    signal(pid, 'SIGSTOP');
    await wait(random.between(2_000, 5_000));
    signal(pid, 'SIGCONT');
  },
  'kill PostgreSQL': async ({ postgres }, random) => {
    await postgres.kill();
    await wait(random.between(0, 2_000));
    await postgres.start();
  },
  'end all sessions': (stack) =>
    inDatabase(stack, (client) =>
      client.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()'),
    ),
  'lock the journal': (stack, random) =>
    inDatabase(stack, async (client) => {
      await client.query('begin; lock table journal in access exclusive mode');
      await wait(random.between(1_000, 4_000));
      await client.query('commit');
    }),
};

/** The database may be away by another fault: then this one has nothing to do. */
async function inDatabase({ postgres }: Stack, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: postgres.url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } catch {
    return;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Strikes every few seconds until told to stop; gives the faults in order when all of them are over. */
export async function haunt(
  stack: Stack,
  random: Seeded,
  until: number,
  tell: (fault: string) => void,
): Promise<void> {
  const underWay: Promise<void>[] = [];
  for (;;) {
    await wait(random.between(2_000, 6_000));
    if (Date.now() > until) break;
    const name = random.pick(Object.keys(faults));
    tell(name);
    underWay.push(faults[name]!(stack, random));
  }
  await Promise.all(underWay);
}
