import type { Dependency, ManifestKind } from './manifest.js';
import { isNamed } from './manifest.js';
import { sections } from './python.js';

export const cargoManifest: ManifestKind = {
  ecosystem: 'Cargo',
  matches: (path) => isNamed(path, 'Cargo.toml'),
  read: (text) =>
    sections(text).flatMap(({ name, body }) => {
      const [, table] = /^(?:workspace\.|target\..*\.)?((?:dev-|build-)?dependencies)$/.exec(name) ?? [];
      if (table === undefined) return [];
      const kind: Dependency['kind'] = table === 'dependencies' ? 'runtime' : 'development';
      return [...body.matchAll(/^\s*([\w-]+)(?:\.workspace)?\s*=\s*(?:"([^"]*)"|\{(.*)\}|true)/gm)].map(
        ([, dependency = '', version, fields = '']) => ({
          name: dependency,
          version:
            version ??
            /version\s*=\s*"([^"]*)"/.exec(fields)?.[1] ??
            (/path\s*=/.test(fields) ? 'path' : 'workspace'),
          kind,
        }),
      );
    }),
  locks: ['Cargo.lock'],
  needsLock: (dependencies) => dependencies.length > 0,
  looseness: (version) => (version === '*' ? 'any version will do' : undefined),
};
