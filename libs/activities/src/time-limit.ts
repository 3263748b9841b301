import type { Failure } from '#contracts';
import { formatDuration } from '#plan';

/** How long a step that was told to stop may take to do so before it is left behind. */
const graceMs = 2_000;

export interface TimeLimit {
  /** Aborted when time is up or the run is cut. */
  readonly signal: AbortSignal;
  /** The work's own end, or, soon after the signal, an end without it. */
  readonly race: <T>(work: Promise<T>) => Promise<T>;
  /** Why time was up, if it was. */
  readonly failure: () => Failure | undefined;
  readonly end: () => void;
}

/** Holds one attempt to its time-out and the task to its deadline. */
export function limitTime(
  cut: AbortSignal,
  startedAt: number,
  timeoutMs: number | undefined,
  deadlineAt: number | undefined,
): TimeLimit {
  const controller = new AbortController();
  let failure: Failure | undefined;
  let giveUp: NodeJS.Timeout | undefined;
  let abandon: (error: Error) => void = () => undefined;
  const abandoned = new Promise<never>((_, reject) => (abandon = reject));
  abandoned.catch(() => undefined);
  const stop = (why?: Failure): void => {
    failure ??= why;
    controller.abort();
    giveUp ??= setTimeout(() => abandon(new Error('the step did not stop when it was told to')), graceMs);
  };
  const untilDeadline = deadlineAt === undefined ? Infinity : Math.max(0, deadlineAt - startedAt);
  const byDeadline = untilDeadline <= (timeoutMs ?? Infinity);
  const left = Math.min(timeoutMs ?? Infinity, untilDeadline);
  const overdue = (): void => stop(byDeadline ? deadlineExceeded() : timedOut(timeoutMs ?? 0));
  if (left <= 0) overdue();
  const timer = left === Infinity ? undefined : setTimeout(overdue, Math.min(left, 2_147_483_647));
  const onCut = (): void => stop();
  if (cut.aborted) onCut();
  else cut.addEventListener('abort', onCut, { once: true });
  return {
    signal: controller.signal,
    race: (work) => Promise.race([work, abandoned]),
    failure: () => failure,
    end() {
      clearTimeout(timer);
      clearTimeout(giveUp);
      cut.removeEventListener('abort', onCut);
    },
  };
}

function timedOut(timeoutMs: number): Failure {
  const message = `the attempt took longer than its time-out of ${formatDuration(timeoutMs)}`;
  return { code: 'TIMEOUT', message, retryable: true, hint: 'Raise `timeout`, or make the work smaller.' };
}

function deadlineExceeded(): Failure {
  const message = 'all attempts together took longer than the deadline of the task';
  return { code: 'DEADLINE_EXCEEDED', message, retryable: false, hint: 'Raise `deadline`.' };
}
