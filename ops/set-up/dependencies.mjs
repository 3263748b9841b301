import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmFailure, runNpm } from './node-runtime.mjs';

/** Installs the packages of the lock file, unless node_modules holds exactly those already. */
export async function ensureDependencies({ root, node, progress }) {
  const stamp = stampOf(root);
  if (readStamp(root) === stamp) return;
  if (!inStepWithLock(root)) {
    await progress.step('Installing packages (npm ci)', async () => {
      const args = ['ci', '--no-audit', '--no-fund'];
      const { code, output } = await runNpm(node, args, { cwd: root });
      if (code !== 0) throw npmFailure(`npm ci failed (exit ${code}) in ${root}.`, output);
    });
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampFile(root), stamp);
}

/** Whether the packages are there and match, without changing anything. */
export function dependenciesInStep(root) {
  return readStamp(root) === stampOf(root) || inStepWithLock(root);
}

const stampFile = (root) => join(root, 'node_modules', '.nexus-stamp');

function stampOf(root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${process.platform}-${process.arch} ${lock}`;
}

function readStamp(root) {
  return existsSync(stampFile(root)) ? readFileSync(stampFile(root), 'utf8') : undefined;
}

/**
 * npm records what it installed in a hidden lock file, written last. When a developer ran `npm install`
 * there is no stamp of ours, and wiping a correct node_modules would be rude.
 */
function inStepWithLock(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const matches = ([path, entry]) => {
    const found = installed[path];
    if (!found) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return entry.link ? found.link === true : found.version === entry.version;
  };
  return Object.entries(wanted).every(([path, entry]) => path === '' || matches([path, entry]));
}
