import { runEnded } from '#contracts';
import type { RunStatus } from '#contracts';
import { formatDuration } from '#plan';
import type { ApiClient } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { exitCodeOfRun, exitCodes } from '../exit-codes.js';
import { jsonLine } from '../plain-text.js';
import { followRun } from '../run-view/follow-run.js';
import { outcomeLines } from '../run-view/outcome-lines.js';
import { loadRun } from '../run-view/run-details.js';
import type { RunDetails } from '../run-view/run-details.js';

export interface WaitOptions {
  readonly title: string;
  readonly json?: boolean | undefined;
  /** Milliseconds to wait at most. */
  readonly timeout?: number | undefined;
  /** The end that exits with 0; SUCCEEDED, if absent. */
  readonly wanted?: RunStatus | undefined;
  /** Shows the outcome instead of the usual view. */
  readonly present?: ((run: RunDetails) => void | Promise<void>) | undefined;
}

/** Shows a run until it has ended, then its outcome. Gives the exit code. */
export async function waitForRun(
  context: CliContext,
  api: ApiClient,
  runId: string,
  options: WaitOptions,
): Promise<number> {
  const { talk } = context.terminal;
  const show = options.json ? 'quiet' : talk.isTerminal ? 'tree' : 'lines';
  if (show === 'lines') talk.line(`run ${runId}`);
  const ending = await context.interruptible(async (interrupted) => {
    const timeout = options.timeout === undefined ? [] : [AbortSignal.timeout(options.timeout)];
    const signal = AbortSignal.any([interrupted, ...timeout]);
    await followRun(api, runId, { output: talk, signal, show, title: options.title });
    return interrupted.aborted ? 'interrupted' : signal.aborted ? 'timed out' : 'ended';
  });
  if (ending === 'interrupted') {
    talk.line(`run ${runId} goes on. See it again: nexus watch ${runId}   Stop it: nexus cancel ${runId}`);
    return exitCodes.interrupted;
  }
  const run = await loadRun(api, runId);
  await present(context, run, options);
  if (run.status === options.wanted) return exitCodes.ok;
  if (ending === 'ended' || runEnded(run.status)) return exitCodeOfRun(run.status, run.error?.code);
  talk.line(
    `run ${runId} has not ended within ${formatDuration(options.timeout ?? 0)}; it goes on: nexus watch ${runId}`,
  );
  return exitCodes.timedOut;
}

async function present({ terminal }: CliContext, run: RunDetails, options: WaitOptions): Promise<void> {
  const { data } = terminal;
  if (options.json) return data.line(jsonLine(run));
  if (options.present) return options.present(run);
  for (const line of outcomeLines(run, { paint: data.paint, width: data.columns(), now: Date.now() }))
    data.line(line);
}
