import type { Dependency, ManifestKind } from './manifest.js';
import { isNamed } from './manifest.js';

export const npmManifest: ManifestKind = {
  ecosystem: 'npm',
  matches: (path) => isNamed(path, 'package.json'),
  read: (text) => {
    const manifest = JSON.parse(text) as Record<string, unknown>;
    return [
      ...section(manifest['dependencies'], 'runtime'),
      ...section(manifest['optionalDependencies'], 'runtime'),
      ...section(manifest['devDependencies'], 'development'),
    ];
  },
  locks: ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'],
  needsLock: (dependencies) => dependencies.some(({ version }) => !version.startsWith('workspace:')),
  looseness: (version) => {
    if (version === '' || version === '*' || version === 'latest' || version === 'x')
      return 'any version will do';
    if (/^(git|https?|github:|gitlab:|bitbucket:)/.test(version) && !/#[0-9a-f]{40}$/.test(version)) {
      return 'comes from a place that can change';
    }
    return /^>=?[^<]*$/.test(version) ? 'has no upper bound' : undefined;
  },
};

function section(value: unknown, kind: Dependency['kind']): Dependency[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, version]) => ({ name, version: String(version), kind }));
}
