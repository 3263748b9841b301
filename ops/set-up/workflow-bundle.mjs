import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fingerprint } from './source-scan.mjs';

const entry = 'libs/workflows/src/workflows.ts';
/** Modules without state of a workflow: evaluated once a worker instead of once a run. */
const pureModules = ['libs/contracts/src/index.ts', 'libs/plan/src/engine.ts'];
const alwaysRelevant = ['package.json', 'package-lock.json', 'ops/set-up/workflow-bundle.mjs'];

/** Where the bundle of all workflows is written and where workers find it. */
export const workflowBundleFile = 'dist/workflow-bundle.js';
const inputsFile = 'dist/workflow-bundle.inputs.json';

/** Whether the bundle on disk was made from the sources as they are now. */
export function workflowBundleIsCurrent(root) {
  if (!existsSync(join(root, entry))) return true;
  if (!existsSync(join(root, inputsFile)) || !existsSync(join(root, workflowBundleFile))) return false;
  const { files, stamp } = JSON.parse(readFileSync(join(root, inputsFile), 'utf8'));
  return fingerprint(root, files) === stamp;
}

/**
 * Bundles the workflows for the deterministic sandbox and returns the size in bytes; undefined while there
 * are no workflows. Loads the Temporal SDK, so it runs under the pinned Node.js with packages installed.
 */
export async function writeWorkflowBundle(root) {
  if (!existsSync(join(root, entry))) return undefined;
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  let files = [];
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, entry),
    logger: quietLogger,
    preloadModules: pureModules.map((file) => join(root, file)),
    webpackConfigHook: (config) => {
      const remember = (stats) => {
        files = inputsBelow(root, stats.compilation.fileDependencies);
      };
      return {
        ...config,
        module: { ...config.module, rules: config.module.rules.map(asModernJavaScript) },
        resolve: {
          ...config.resolve,
          conditionNames: ['nexus-source', 'webpack', 'import', 'module', 'require', 'default'],
        },
        plugins: [
          ...(config.plugins ?? []),
          { apply: (compiler) => compiler.hooks.done.tap('nexus-inputs', remember) },
        ],
      };
    },
  });
  const inputs = [...files, ...alwaysRelevant];
  replaceFile(join(root, workflowBundleFile), code);
  replaceFile(join(root, inputsFile), JSON.stringify({ files: inputs, stamp: fingerprint(root, inputs) }));
  return Buffer.byteLength(code);
}

/** Node.js knows what the SDK's default target still spells out, such as object spread, and runs it faster. */
function asModernJavaScript(rule) {
  if (rule.use?.options?.jsc === undefined) return rule;
  const { options } = rule.use;
  return {
    ...rule,
    use: { ...rule.use, options: { ...options, jsc: { ...options.jsc, target: 'es2022' } } },
  };
}

/** Only what webpack really read decides whether the bundle is stale. Packages are covered by the lock file. */
function inputsBelow(root, dependencies) {
  return [...dependencies]
    .map((file) => relative(root, file))
    .filter((file) => !file.startsWith('..') && !file.startsWith('node_modules') && file.endsWith('.ts'))
    .sort();
}

function replaceFile(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}

const say = (level) => (message, meta) =>
  process.stderr.write(`${level}: ${message} ${JSON.stringify(meta ?? {})}\n`);
const silent = () => {};
const quietLogger = {
  log: (level, message, meta) =>
    level === 'ERROR' || level === 'WARN' ? say(level)(message, meta) : undefined,
  trace: silent,
  debug: silent,
  info: silent,
  warn: say('WARN'),
  error: say('ERROR'),
};
