import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';

/** What one step is asked. */
export interface StepInput {
  readonly run: string;
  readonly i: number;
  readonly ms?: number | undefined;
  /** Whether the step leaves marks, by which lost and repeated ones are counted. */
  readonly marks?: boolean | undefined;
}

/** The work that every column does in every step. */
export type Step = (input: StepInput) => Promise<string>;

export interface Steps {
  readonly step: Step;
  close(): Promise<void>;
}

export const stepMs = 20;
const resultBytes = 738; // 1 KB as JSON

/** In place of a model call: waits, and gives 1 KB of text that does not compress. Marks are rows, at its beginning and its end. */
export function createStep(marksUrl: string): Steps {
  let pool: pg.Pool | undefined;
  const mark = async (run: string, i: number, kind: 'started' | 'ended'): Promise<void> => {
    pool ??= new pg.Pool({ connectionString: marksUrl, max: 20 });
    await pool.query('insert into mark (run, step, kind) values ($1, $2, $3)', [run, i, kind]);
  };
  return {
    async step({ run, i, ms = stepMs, marks = false }) {
      if (marks) await mark(run, i, 'started');
      await wait(ms);
      if (marks) await mark(run, i, 'ended');
      const out = randomBytes(resultBytes).toString('base64');
      return JSON.stringify({ i, out, run: run.slice(0, 10) });
    },
    async close() {
      await pool?.end();
    },
  };
}

/** The table of marks. */
export const marksTable = `create table mark (
  id bigserial, run text, step int, kind text, at timestamptz default clock_timestamp()
)`;
