import type { ToolContext } from '#contracts';
import { isNexusError, nexusError } from '#contracts';
import { createCapture, tailBytes } from './capture.js';
import type { Capture } from './capture.js';
import type { ProcessOutcome } from './outcome.js';
import { processError } from './outcome.js';
import { runProcess } from './run-process.js';
import type { ProcessSpec } from './run-process.js';

export type CapturedSpec = Omit<ProcessSpec, 'onChunk' | 'signal'> & {
  /** What people call it in messages. */
  readonly title: string;
  readonly maxOutputBytes: number;
};

/**
 * Runs a command for a task: streams its output, keeps the last of it in the outcome and all of it as an
 * artefact when it is long. A command that was cut short throws; an exit code is for the caller to judge.
 */
export async function runCaptured(spec: CapturedSpec, context: ToolContext): Promise<ProcessOutcome> {
  const captures = { stdout: createCapture(), stderr: createCapture() };
  const end = await runProcess({
    ...spec,
    signal: context.signal,
    onChunk: (stream, chunk, stop) => {
      const room = spec.maxOutputBytes - captures.stdout.bytes() - captures.stderr.bytes();
      const text = captures[stream].add(chunk.subarray(0, Math.max(0, room)));
      if (text !== '') context.output(stream, text);
      if (chunk.length > room) stop();
    },
  }).catch((error: unknown) => {
    if (context.signal.aborted) throw abortError(context.signal);
    const { code, message } = error as NodeJS.ErrnoException;
    throw nexusError('TOOL_FAILED', `${spec.title} cannot be started: ${code ?? message}`, { cause: error });
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    const rest = captures[stream].rest();
    if (rest !== '') context.output(stream, rest);
  }
  if (end.why === 'aborted') throw abortError(context.signal);
  const outcome = {
    exitCode: end.exitCode,
    stdout: captures.stdout.tail(),
    stderr: captures.stderr.tail(),
    artefacts: await keepLong(captures, context),
  };
  if (end.why === 'timed-out') {
    throw processError('TIMEOUT', `${spec.title} took longer than ${spec.timeoutMs ?? 0} ms`, outcome, {
      retryable: true,
    });
  }
  if (end.why === 'stopped') {
    const message = `${spec.title} put out more than ${spec.maxOutputBytes} bytes and was ended`;
    throw processError('OUTPUT_TOO_LARGE', message, outcome, {
      hint: 'Raise maxOutputBytes, or let the command write to a file.',
    });
  }
  return outcome;
}

/** Why a task was cut: the reason given with the abort, where that is one of ours. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return isNexusError(reason) ? reason : nexusError('CANCELLED', 'the task was cut short', { cause: reason });
}

async function keepLong(
  captures: Readonly<Record<'stdout' | 'stderr', Capture>>,
  context: ToolContext,
): Promise<string[]> {
  const ids: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    if (captures[stream].bytes() <= tailBytes) continue;
    ids.push(
      await context.artefact({
        name: `${stream}.txt`,
        mediaType: 'text/plain',
        content: captures[stream].whole(),
      }),
    );
  }
  return ids;
}
