import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from './definition.js';
import { runCaptured } from './process/captured-process.js';
import { TimeLimit, timeLimitMs } from './process/duration.js';
import { cleanEnvironment } from './process/environment.js';
import type { ProcessOutcome } from './process/outcome.js';
import { processError } from './process/outcome.js';
import type { Workspace } from './workspace.js';

const withoutNul = z.string().refine((text) => !text.includes('\0'), { error: 'must not hold a NUL' });

const Input = z
  .strictObject({
    command: withoutNul.min(1).optional().describe('Run by /bin/sh -c'),
    argv: z.array(withoutNul).min(1).optional().describe('A program and its arguments, without a shell'),
    cwd: z.string().default('.').describe('Folder to run in, within the workspaces; default: the first'),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), withoutNul)
      .default({})
      .describe('Added to PATH, HOME and LANG; nothing else of the server is passed on'),
    stdin: z.string().optional().describe('Given on standard input'),
    timeout: TimeLimit.optional().describe("Below the task's own time-out: 500ms, 30s, 5m"),
    maxOutputBytes: z
      .int()
      .min(1)
      .max(100 * 1024 * 1024)
      .default(10 * 1024 * 1024)
      .describe('Of both streams together; more ends the command'),
  })
  .refine((input) => (input.command === undefined) !== (input.argv === undefined), {
    error: 'give either command or argv',
  });

/** Runs a command within the workspaces, with none of its processes left behind. */
export function shellRunTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'shell.run',
    description:
      'Runs a command: { exitCode, stdout, stderr, artefacts }. Output is streamed; long output is an artefact.',
    input: Input,
    effect: 'keyed',
    expectedMs: 5000,
    run: async ({ command, argv, cwd, env, stdin, timeout, maxOutputBytes }, context) => {
      const [program = '/bin/sh', ...rest] = argv ?? ['/bin/sh', '-c', command ?? ''];
      const title = shortened(command ?? argv?.join(' ') ?? '');
      const outcome = await runCaptured(
        {
          title,
          argv: [program, ...rest],
          cwd: await workspace.folder(cwd),
          env: cleanEnvironment({
            ...env,
            NEXUS_IDEMPOTENCY_KEY: context.idempotencyKey,
            NEXUS_RUN_ID: context.runId,
            NEXUS_TASK_PATH: context.taskPath,
          }),
          stdin,
          timeoutMs: timeout === undefined ? undefined : timeLimitMs(timeout),
          maxOutputBytes,
        },
        context,
      );
      if (outcome.exitCode !== 0) throw exitError(title, outcome);
      return { ...outcome };
    },
  });
}

function exitError(title: string, outcome: ProcessOutcome): Error {
  const said = lastLines(outcome.stderr) || lastLines(outcome.stdout);
  const message = `${title} ended with exit code ${outcome.exitCode}${said === '' ? '' : `: ${said}`}`;
  const notFound = outcome.exitCode === 126 || outcome.exitCode === 127;
  return processError('TOOL_FAILED', message, outcome, {
    retryable: !notFound,
    ...(notFound ? { hint: 'Is the program installed where the worker runs, and executable?' } : {}),
  });
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n').slice(-1000).trim();
}

function shortened(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return `\`${line.length > 100 || line !== text ? `${line.slice(0, 100)}…` : line}\``;
}
