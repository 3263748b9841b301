import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureTemporal } from '../temporal/obtain.mjs';
import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { exclusively } from './exclusively.mjs';
import { ensureNode } from './node-runtime.mjs';
import { cacheFolder, repositoryRoot } from './paths.mjs';
import { createProgress } from './progress.mjs';
import { endRunningCommands, runCommand } from './run-command.mjs';
import { setUpError } from './set-up-error.mjs';
import { workflowBundleIsCurrent } from './workflow-bundle.mjs';

/**
 * Makes this checkout able to run and returns the Node.js to run it with. Costs a few file checks when
 * nothing changed. Two that start at once wait for each other.
 */
export async function setUp({ temporal }) {
  const progress = createProgress();
  const root = repositoryRoot;
  const cache = cacheFolder();
  const onWait = (pid) =>
    progress.note(`Waiting for the set-up that process ${pid} is doing in this checkout …`);
  process.on('SIGINT', giveUp);
  process.on('SIGTERM', giveUp);
  return exclusively(
    join(root, '.cache', 'set-up.lock'),
    async () => {
      const node = await ensureNode({ cache, progress });
      const server = temporal ? ensureTemporal({ cache, progress, root }) : undefined;
      const checkout = prepareCheckout({ root, node, progress });
      const failed = (await Promise.allSettled([checkout, server])).filter(
        (part) => part.status === 'rejected',
      );
      if (failed.length > 0) throw combine(failed.map((part) => part.reason));
      return { node, root };
    },
    { onWait },
  ).finally(() => {
    process.off('SIGINT', giveUp);
    process.off('SIGTERM', giveUp);
  });
}

function giveUp(signal) {
  endRunningCommands();
  process.exit(128 + constants.signals[signal]);
}

async function prepareCheckout({ root, node, progress }) {
  await ensureDependencies({ root, node, progress });
  await ensureBuild({ root, node, progress });
  if (!workflowBundleIsCurrent(root)) await bundleWorkflows({ root, node, progress });
}

async function bundleWorkflows({ root, node, progress }) {
  await progress.step('Bundling workflows', async () => {
    const { code, output } = await runCommand(node, [join(root, 'ops/set-up/bundle-workflows.mjs')], {
      cwd: root,
    });
    if (code !== 0) {
      throw setUpError(
        'The workflows could not be bundled.',
        'Workflow code may only import what the sandbox has: no Node.js built-ins, no activities.',
        output.trimEnd(),
      );
    }
    progress.note(output.trim());
  });
}

/** Several faults at once are all told. */
function combine(errors) {
  const [first] = errors;
  return errors.length === 1 ? first : Object.assign(new Error('set-up failed'), { code: 'SEVERAL', errors });
}

/** Prints a failure for a person; unknown ones keep their stack, because then the stack is all there is. */
export function reportFailure(error) {
  for (const fault of error.errors ?? [error]) {
    if (fault.code !== 'SET_UP_FAILED') {
      process.stderr.write(`nexus: set-up failed unexpectedly: ${fault.stack ?? fault}\n`);
      continue;
    }
    if (fault.detail) process.stderr.write(`${fault.detail}\n`);
    process.stderr.write(`nexus: ${fault.message}\n       ${fault.hint}\n`);
  }
}
