import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** How often the launcher looks whether whoever started it is still there. */
const parentCheckMs = 500;

/**
 * Runs the real command in the launcher's place: same terminal, same exit code, signals passed on, and the
 * launcher stays until it has ended. Ctrl-C in a terminal reaches the whole foreground group by itself and
 * is then not passed on a second time. When the npm that started us is killed outright, the child is asked
 * to stop: a server nobody can reach with Ctrl-C must not live on. (A shell that ends is no such sign: it
 * may have left us in the background on purpose.)
 */
export function runChild(node, args, { env = process.env } = {}) {
  const child = spawn(node, args, { stdio: 'inherit', env });
  const passOn = (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  process.on('SIGINT', () => {
    if (!inForeground()) passOn('SIGINT');
  });
  process.on('SIGTERM', () => passOn('SIGTERM'));
  process.on('SIGHUP', () => passOn('SIGTERM'));
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent || !process.env.npm_command) return;
    clearInterval(watch);
    passOn('SIGTERM');
  }, parentCheckMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Whether our process group is the one the terminal sends Ctrl-C to. */
function inForeground() {
  if (!process.stdin.isTTY && !process.stdout.isTTY && !process.stderr.isTTY) return false;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    // No /proc (macOS): with a terminal attached, Ctrl-C is the likely source.
    return true;
  }
}
