import type { ToolContext } from '#contracts';
import { isNexusError } from '#contracts';
import { runCaptured } from '../../process/captured-process.js';
import { cleanEnvironment } from '../../process/environment.js';
import type { ProcessError, ProcessOutcome } from '../../process/outcome.js';
import type { Check, CheckResult } from './check.js';
import { listedProblems } from './check.js';
import type { CheckCommand } from './commands.js';

/** Runs one check in the copy. What it finds is a result; only what stops the task itself is thrown. */
export async function runCheck(
  command: CheckCommand,
  folder: string,
  timeoutMs: number,
  context: ToolContext,
): Promise<{ check: Check } | { skipped: CheckResult['skipped'][number] }> {
  const before = performance.now();
  const what = (command.argv[0] === '/bin/sh' ? (command.argv[2] ?? '') : command.argv.join(' ')).slice(
    0,
    500,
  );
  let outcome: ProcessOutcome;
  try {
    outcome = await runCaptured(
      {
        title: command.name,
        argv: command.argv,
        cwd: folder,
        env: cleanEnvironment({ ...command.env, CI: '1' }),
        timeoutMs,
        maxOutputBytes: 4 * 1024 * 1024,
      },
      context,
    );
  } catch (error) {
    if (!isProcessError(error)) throw error;
    if (error.code === 'TIMEOUT') {
      return { skipped: { name: command.name, why: `it was stopped after ${timeoutMs / 1000} s (${what})` } };
    }
    outcome = { ...error.process, exitCode: error.process.exitCode || 1 };
  }
  const output = `${outcome.stdout}\n${outcome.stderr}`.trim();
  const why = outcome.exitCode === 0 ? undefined : command.couldNotRun(output);
  if (why !== undefined) return { skipped: { name: command.name, why } };
  const problems = command.problems(output);
  return {
    check: {
      name: command.name,
      what,
      ok: outcome.exitCode === 0,
      files: null,
      exitCode: outcome.exitCode,
      ms: Math.round(performance.now() - before),
      problems: problems.slice(0, listedProblems),
      problemCount: outcome.exitCode === 0 ? 0 : Math.max(1, problems.length),
      output: output.slice(-2000),
    },
  };
}

function isProcessError(error: unknown): error is ProcessError {
  return isNexusError(error) && 'process' in error;
}
