import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import type { JsonObject } from '#contracts';
import { inTempFolder, recordingContext } from '../test/tool-context.js';
import { shellRunTool } from './shell.js';
import { createWorkspace } from './workspace.js';

// Real processes, on machines that may be busy.
jest.setTimeout(30_000);

type Outcome = { exitCode: number; stdout: string; stderr: string; artefacts: string[] };

async function run(input: JsonObject, context = recordingContext(), root = '.'): Promise<Outcome> {
  return (await shellRunTool(createWorkspace([root])).run(input, context)) as Outcome;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 8000;
  while (!(await what())) {
    if (Date.now() > end) throw new Error('it never came true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('shell.run', () => {
  it('runs a command, streams and gives its output', async () => {
    const context = recordingContext();
    const outcome = await run({ command: 'echo out; echo err >&2; cat', stdin: 'given' }, context);
    expect(outcome).toEqual({ exitCode: 0, stdout: 'out\ngiven', stderr: 'err\n', artefacts: [] });
    expect(context.said).toEqual({ stdout: 'out\ngiven', stderr: 'err\n' });
  });

  it('runs a program without a shell, whatever its name is to a shell', async () => {
    expect((await run({ argv: ['printf', '%s|', 'a b', '$HOME', '*'] })).stdout).toBe('a b|$HOME|*|');
    await expect(run({ argv: ['cd', '/'] })).rejects.toMatchObject({ process: { exitCode: 127 } });
  });

  it('gives a clean environment, the key, and nothing of the server', async () => {
    process.env['NEXUS_TEST_SECRET'] = 'do not pass on';
    try {
      const { stdout } = await run({ command: 'env', env: { MINE: 'yes' } });
      expect(stdout).toMatch(/^MINE=yes$/m);
      expect(stdout).toMatch(/^NEXUS_IDEMPOTENCY_KEY=key-1$/m);
      expect(stdout).toMatch(/^NEXUS_RUN_ID=run_test$/m);
      expect(stdout).toMatch(/^NEXUS_TASK_PATH=task$/m);
      expect(stdout).not.toContain('do not pass on');
    } finally {
      delete process.env['NEXUS_TEST_SECRET'];
    }
  });

  it('fails on a non-zero exit with its code, last words, and outcome', async () => {
    await expect(run({ command: 'echo fine; echo one >&2; echo why >&2; exit 7' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringMatching(/exit code 7: one\nwhy$/),
      process: { exitCode: 7, stdout: 'fine\n', stderr: 'one\nwhy\n' },
    });
  });

  it('tells of death by a signal as a shell does', async () => {
    await expect(run({ command: 'kill -9 $$' })).rejects.toMatchObject({ process: { exitCode: 137 } });
  });

  it('keeps the last 64 KiB, and all of it as an artefact', async () => {
    const context = recordingContext();
    const outcome = await run(
      { command: `i=0; while [ $i -lt 9000 ]; do echo "line $i ä"; i=$((i+1)); done` },
      context,
    );
    expect(Buffer.byteLength(outcome.stdout)).toBeLessThanOrEqual(64 * 1024);
    expect(outcome.stdout.endsWith('line 8999 ä\n')).toBe(true);
    expect(outcome.stdout).not.toContain('\uFFFD');
    expect(outcome.artefacts).toEqual(['art_1']);
    expect(context.kept[0]).toMatchObject({ name: 'stdout.txt', mediaType: 'text/plain' });
    expect(String(context.kept[0]?.content).startsWith('line 0 ä\n')).toBe(true);
    expect(context.said.stdout).toBe(String(context.kept[0]?.content));
  });

  it('ends a command that puts out too much', async () => {
    await expect(run({ command: 'yes', maxOutputBytes: 100_000 })).rejects.toMatchObject({
      code: 'OUTPUT_TOO_LARGE',
    });
  });

  it('survives bytes that are no text', async () => {
    const outcome = await run({ command: String.raw`printf 'a\000b\377c\303'` });
    expect(outcome.stdout).toBe('a\uFFFDb\uFFFDc\uFFFD');
  });

  it('stops at its time-out, with all children, also those that ignore SIGTERM', async () => {
    const before = Date.now();
    const command = `trap '' TERM; (trap '' TERM; echo $$; sleep 30) & echo $!; wait; sleep 30`;
    const error = (await run({ command, timeout: '300ms' }).catch((thrown: unknown) => thrown)) as {
      code: string;
      process: Outcome;
    };
    expect(error.code).toBe('TIMEOUT');
    expect(Date.now() - before).toBeLessThan(5000);
    const pids = error.process.stdout.trim().split('\n').map(Number);
    expect(pids).toHaveLength(2);
    await until(() => !pids.some(isAlive));
  });

  it('stops on abort and throws the reason', async () => {
    const context = recordingContext();
    const running = run({ command: 'echo $$; sleep 30' }, context);
    running.catch(() => {});
    await until(() => context.said.stdout.includes('\n'));
    context.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(isAlive(Number(context.said.stdout))).toBe(false);
  });

  it('leaves no background process behind', async () => {
    const { stdout } = await run({ command: 'sleep 30 & echo $!' });
    await until(() => !isAlive(Number(stdout)));
  });

  it('dies with Nexus, also when that is killed', async () => {
    await inTempFolder(async (folder) => {
      const pidFile = join(folder, 'pid');
      const runner = join(process.cwd(), 'libs/tools/src/process/run-process.ts');
      const parent = spawn(process.execPath, [
        '--input-type=module',
        '-e',
        `import { runProcess } from ${JSON.stringify(runner)};
         await runProcess({ argv: ['/bin/sh', '-c', 'trap "" TERM HUP; sleep 60 & echo $$ $! > ${pidFile}; wait'],
           cwd: '/', env: { PATH: process.env.PATH }, signal: new AbortController().signal, onChunk: () => {} });`,
      ]);
      const pids = async () =>
        (await readFile(pidFile, 'utf8').catch(() => '')).trim().split(' ').filter(Boolean).map(Number);
      await until(async () => (await pids()).length === 2);
      expect((await pids()).every(isAlive)).toBe(true);
      parent.kill('SIGKILL');
      await until(async () => !(await pids()).some(isAlive));
    });
  });

  it('runs within the workspaces only', async () => {
    await inTempFolder(async (folder) => {
      await mkdir(join(folder, 'sub'));
      expect((await run({ command: 'pwd', cwd: 'sub' }, recordingContext(), folder)).stdout).toBe(
        `${folder}/sub\n`,
      );
      await expect(run({ command: 'pwd', cwd: '/' }, recordingContext(), folder)).rejects.toMatchObject({
        code: 'SANDBOX_VIOLATION',
      });
      await writeFile(join(folder, 'file'), '');
      await expect(run({ command: 'pwd', cwd: 'file' }, recordingContext(), folder)).rejects.toMatchObject({
        code: 'TOOL_FAILED',
      });
    });
  });

  it('refuses what is neither or both of command and argv, or holds a NUL', async () => {
    await expect(run({})).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(run({ command: 'a', argv: ['a'] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(run({ command: 'a\0b' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(run({ argv: ['/bin/echo', 'x'.repeat(3_000_000)] })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('E2BIG'),
    });
  });
});
