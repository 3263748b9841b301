import { join } from 'node:path';

/** Everything but the tests: what must hold of the checkout, and the command that tells. */
export function checks({ root, node }) {
  const script = (path, ...args) => [node, [join(root, path), ...args]];
  const tsc = (project) => script('node_modules/typescript/bin/tsc', '--noEmit', '-p', project);
  return [
    {
      name: 'lock file (after npm install: node ops/set-up/complete-lock.mjs)',
      command: [
        'npm',
        ['ci', '--dry-run', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      ],
    },
    { name: 'format', command: script('node_modules/prettier/bin/prettier.cjs', '--check', '.') },
    { name: 'lint', command: script('node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings') },
    { name: 'types', command: tsc('tsconfig.json') },
    { name: 'types of workflow code, which has no Node.js', command: tsc('libs/workflows/tsconfig.json') },
    {
      name: 'direction of imports',
      command: script(
        'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
        'apps',
        'libs',
        'ops',
        'test',
      ),
    },
    { name: 'dead code', command: script('node_modules/knip/bin/knip.js') },
    { name: 'workflow bundle', command: script('ops/set-up/bundle-workflows.mjs') },
    { name: 'start and stop of the built product', command: script('ops/verify/smoke.mjs') },
  ];
}
