import { join } from 'node:path';
import { runChild } from './child.mjs';
import { reportFailure, setUp } from './set-up.mjs';

const cli = ['dist/apps/cli/src/main.js'];
const esm = ['--experimental-vm-modules'];

/** What each npm script runs once the checkout is ready. */
const commands = {
  demo: { script: [...cli, 'demo'], temporal: true },
  up: { script: [...cli, 'up'], temporal: true },
  chaos: { script: ['test/chaos/main.ts'], temporal: true, imports: ['test/support/source-loader.mjs'] },
  bench: { script: ['dist/test/bench/main.js'], temporal: true },
  test: { script: ['node_modules/jest/bin/jest.js'], temporal: true, flags: esm },
};

const [name, ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  process.stderr.write(`nexus: with-setup knows ${Object.keys(commands).join(', ')}, not "${name ?? ''}"\n`);
  process.exit(2);
}
try {
  const { node, root } = await setUp({ temporal: command.temporal });
  const [script, ...args] = command.script;
  const preloads = ['ops/set-up/stop-with-parent.mjs', ...(command.imports ?? [])];
  const imports = preloads.flatMap((file) => ['--import', join(root, file)]);
  const flags = ['--disable-warning=ExperimentalWarning', ...imports, ...(command.flags ?? [])];
  process.exitCode = await runChild(node, [...flags, join(root, script), ...args, ...rest]);
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
