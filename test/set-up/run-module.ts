import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '#ops/set-up/paths';

/** A Node.js process that runs this module text, with the launcher's folder as `setUp`. */
export function startModule(text: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const setUp = pathToFileURL(`${repositoryRoot}/ops/set-up/`).href;
  const { NODE_OPTIONS: _, npm_command: __, ...inherited } = process.env;
  const source = `const setUp = ${JSON.stringify(setUp)};\n${text}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited, ...env },
  });
}

/** Its first output, as soon as it comes. */
export async function firstOutput(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
  return chunk.toString().trim();
}

/** Its exit code, or the signal that ended it. */
export async function outcome(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal;
}
