import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { AppSetting } from '../app/protocol.js';
import type { BenchContext } from '../run/bench-context.js';
import { sequenceSteps } from '../work/workloads.js';

/** What a crash did to 50 runs of five slow steps. */
export interface MeasuredCrash {
  readonly column: string;
  readonly runs: number;
  /** Steps whose end was marked when the application was killed. */
  readonly endedBefore: number;
  /** Runs whose result came, with all its steps. */
  readonly complete: number;
  readonly lostSteps: number;
  /** Effects that had ended, and were done once more. */
  readonly repeatedEnded: number;
  /** Begun once more, most of them because they were under way. */
  readonly repeatedStarted: number;
  /** From the restart of the application until the last result. */
  readonly seconds: number | null;
  /** The part of it until the application could take up work. */
  readonly bootSeconds: number;
  /** What a user had to do beside starting the application. */
  readonly how: string;
  readonly failure?: string | undefined;
  /** Nexus only: steps in the journal when the application was killed. Without any, the next says nothing. */
  readonly journalled?: number | undefined;
  /** Nexus only: steps that were in the journal when the application was killed, and begun again after. */
  readonly repeatedJournalled?: number | undefined;
}

const runs = 50;
const slow = { ms: 200, marks: true };
/** In the middle of 250 steps. */
const killAfter = 110;
const patienceMs = 150_000;

/** Called between kill and restart; gives the steps that may not happen again, as `run/step`. */
export type Inspect = (names: readonly string[], prefix: string) => Promise<ReadonlySet<string>>;

/** Starts 50 runs, kills the application when two in five steps have ended, starts it again, and counts marks. */
export async function measureCrash(
  context: BenchContext,
  column: string,
  inspect?: Inspect,
  more: Partial<AppSetting> = {},
): Promise<MeasuredCrash> {
  const prefix = `crash-${column.replace(':', '-')}-${Date.now().toString(36)}`;
  const first = await context.start(column, more);
  const known = await first.calls.submit(prefix, runs, slow);
  const until = Date.now() + patienceMs;
  while (Date.now() < until && (await ended(context.marks, prefix)) < killAfter) await wait(15);
  await first.kill();
  await wait(300);
  const endedBefore = await ended(context.marks, prefix);
  const journalled = (await inspect?.(known, prefix)) ?? new Set<string>();
  const killedAt = new Date();

  const restartedAt = Date.now();
  const second = await context.start(column, { ...more, takesOver: true });
  const bootSeconds = (Date.now() - restartedAt) / 1000;
  const late = setTimeout(() => void second.kill(), patienceMs);
  const recovered = await second.calls.recover(known).catch((error: unknown) => ({
    how: 'did not recover',
    complete: 0,
    endedAt: Number.NaN,
    firstFailure: String(error),
  }));
  clearTimeout(late);
  await second.stop();
  const counted = await count(context.marks, prefix);
  const seconds = (recovered.endedAt - restartedAt) / 1000;
  return {
    column,
    runs,
    endedBefore,
    complete: recovered.complete,
    lostSteps: runs * sequenceSteps - counted.done,
    repeatedEnded: counted.repeatedEnded,
    repeatedStarted: counted.repeatedStarted,
    bootSeconds,
    seconds: Number.isNaN(seconds) ? null : seconds,
    how: recovered.how,
    failure: recovered.firstFailure,
    ...(inspect
      ? {
          journalled: journalled.size,
          repeatedJournalled: await begunAgain(context.marks, prefix, journalled, killedAt),
        }
      : {}),
  };
}

async function ended(marks: pg.Client, prefix: string): Promise<number> {
  const { rows } = await marks.query(
    `select count(*)::int as n from mark where run like $1 || '-%' and kind = 'ended'`,
    [prefix],
  );
  return (rows[0] as { n: number }).n;
}

async function count(marks: pg.Client, prefix: string) {
  const { rows } = await marks.query(
    `select count(*) filter (where ended > 0)::int as "done",
       coalesce(sum(greatest(ended - 1, 0)), 0)::int as "repeatedEnded",
       coalesce(sum(greatest(started - 1, 0)), 0)::int as "repeatedStarted"
     from (select count(*) filter (where kind = 'started') as started, count(*) filter (where kind = 'ended') as ended
       from mark where run like $1 || '-%' group by run, step) as steps`,
    [prefix],
  );
  return rows[0] as { done: number; repeatedEnded: number; repeatedStarted: number };
}

async function begunAgain(
  marks: pg.Client,
  prefix: string,
  journalled: ReadonlySet<string>,
  since: Date,
): Promise<number> {
  const { rows } = await marks.query(
    `select run, step from mark where run like $1 || '-%' and kind = 'started' and at > $2`,
    [prefix, since],
  );
  return (rows as { run: string; step: number }[]).filter(({ run, step }) => journalled.has(`${run}/${step}`))
    .length;
}
