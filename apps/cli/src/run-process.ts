import { apiAddress } from './api-address.js';
import { createApiClient } from './api-client.js';
import { confirmOn } from './confirm.js';
import { interruptible } from './interruptible.js';
import { runCli } from './program.js';
import { outputTo } from './terminal.js';

/** Runs the command line of this process. */
export async function runProcess(): Promise<void> {
  const { env, stdout, stderr } = process;
  // The reader of a pipe may leave early (`nexus logs … | head`): then nobody wants the rest.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.exitCode = await runCli(process.argv.slice(2), {
    terminal: { data: outputTo(stdout, env), talk: outputTo(stderr, env) },
    env,
    workingDirectory: process.cwd(),
    api: () => createApiClient(apiAddress(env)),
    interruptible,
    ...(process.stdin.isTTY && stderr.isTTY && { confirm: confirmOn(process.stdin, stderr) }),
  });
}
