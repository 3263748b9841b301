import { describe, expect, it } from '@jest/globals';
import { processStart } from '#ops/set-up/process-identity';
import { firstOutput, outcome, startModule } from './run-module.js';

/** A launcher whose child says its process id and does as told. */
function launcher(child: string, env: NodeJS.ProcessEnv = {}) {
  return startModule(
    `const { runChild } = await import(setUp + 'child.mjs');
     const preload = new URL(setUp + 'stop-with-parent.mjs').pathname;
     process.exitCode = await runChild(process.execPath, ['--import', preload, '-e', ${JSON.stringify(child)}]);`,
    env,
  );
}

/** Ends half a second after it is asked to, as a server does that drains. */
const draining = `
  process.on('SIGTERM', () => setTimeout(() => process.exit(7), 500));
  process.on('SIGINT', () => setTimeout(() => process.exit(8), 500));
  setInterval(() => {}, 1000);
  console.log(process.pid);`;

async function untilEnded(pid: number): Promise<void> {
  while (processStart(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('the launcher', () => {
  it('ends with the exit code of what it launched', async () => {
    expect(await outcome(launcher('process.exit(5)'))).toBe(5);
  });

  it.each([
    { signal: 'SIGTERM', code: 7 },
    { signal: 'SIGINT', code: 8 },
  ] as const)('passes $signal on and waits for the orderly end', async ({ signal, code }) => {
    const launched = launcher(draining);
    const pid = Number(await firstOutput(launched));
    launched.kill(signal);
    expect(await outcome(launched)).toBe(code);
    expect(processStart(pid)).toBeUndefined();
  });

  it('leaves nothing running when it is killed outright', async () => {
    const launched = launcher(draining);
    const pid = Number(await firstOutput(launched));
    launched.kill('SIGKILL');
    await untilEnded(pid);
  });

  it('stops what it launched when the npm that started it is killed', async () => {
    const npm = startModule(
      `const { spawn } = await import('node:child_process');
       const script = "import(" + JSON.stringify(setUp + 'child.mjs') + ").then(({ runChild }) => " +
         "runChild(process.execPath, ['-e', " + JSON.stringify(${JSON.stringify(draining)}) + "]))";
       spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
       setInterval(() => {}, 1000);`,
      { npm_command: 'run-script' },
    );
    const pid = Number(await firstOutput(npm));
    npm.kill('SIGKILL');
    await untilEnded(pid);
  });
});
