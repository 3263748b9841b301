import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { setUpError } from './set-up-error.mjs';
import { filesBelow, fingerprint } from './source-scan.mjs';

const sourceFolders = ['apps', 'libs', 'test/bench'];
const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
const assetPattern = /\.(graphql|sql|ya?ml|json|md|html|css|svg|txt|mjs)$/;
const notAnAsset = /(^|\/)(tsconfig[^/]*\.json|package\.json|README\.md|DESIGN\.md)$/;

/** Compiles what changed and copies what is no TypeScript into dist/, when the sources changed since the last time. */
export async function ensureBuild({ root, node, progress }) {
  const sources = filesBelow(root, sourceFolders);
  const stampFile = join(root, 'dist', '.build-stamp');
  const stamp = fingerprint(root, [...sources, ...settings]);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  await progress.step('Building', async () => {
    // A build that is cut short must not look finished.
    rmSync(stampFile, { force: true });
    await compile(root, node);
    copyAssets(root, sources);
    removeOrphans(root, new Set(sources));
    writeFileSync(stampFile, stamp);
  });
}

async function compile(root, node) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await runCommand(node, [compiler, '-p', 'tsconfig.build.json'], { cwd: root });
  if (code !== 0) {
    throw setUpError(
      'The build failed: the TypeScript compiler refuses the sources.',
      'Correct what it names above; an untouched checkout builds.',
      output.trimEnd(),
    );
  }
}

function copyAssets(root, sources) {
  for (const file of sources) {
    if (!assetPattern.test(file) || notAnAsset.test(file)) continue;
    mkdirSync(dirname(join(root, 'dist', file)), { recursive: true });
    copyFileSync(join(root, file), join(root, 'dist', file));
  }
}

/** The compiler leaves the output of deleted sources behind, and Node.js would go on loading it. */
function removeOrphans(root, sources) {
  for (const output of filesBelow(join(root, 'dist'), sourceFolders)) {
    const source = output.replace(/\.js(\.map)?$/, '.ts');
    if (!sources.has(source) && !sources.has(output)) rmSync(join(root, 'dist', output));
  }
}
