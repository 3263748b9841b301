import { spawn } from 'node:child_process';

const running = new Set();

/**
 * Ends every command under way together with what it started: what is cut short must not go on behind the
 * back of the next try. Each can be killed outright, since none counts as done before its end.
 */
export function endRunningCommands() {
  for (const { pid } of running) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/**
 * Runs a command to its end without a terminal and returns its exit code and its output, both streams in
 * the order they came. A command that cannot be started counts as exit code 127.
 */
export function runCommand(command, args, { cwd, env = process.env, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const chunks = [];
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: it can be ended as a whole, and npm ignores a polite request.
      detached: true,
      ...(timeoutMs ? { timeout: timeoutMs, killSignal: 'SIGKILL' } : {}),
    });
    if (child.pid !== undefined) running.add(child);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const output = () => Buffer.concat(chunks).toString('utf8');
    child.on('close', () => running.delete(child));
    child.on('error', (error) => resolve({ code: 127, output: `${output()}${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), output: output() }));
  });
}

/** The end of a long output: enough to see the reason, short enough to read. */
export function lastLines(output, count = 20) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
