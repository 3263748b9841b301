import type { ManifestKind } from './manifest.js';
import { isNamed } from './manifest.js';

export const mavenManifest: ManifestKind = {
  ecosystem: 'Maven',
  matches: (path) => isNamed(path, 'pom.xml'),
  read: (text) =>
    [...text.replace(/<!--[^]*?-->/g, '').matchAll(/<dependency>([^]*?)<\/dependency>/g)].map(
      ([, body = '']) => {
        const field = (name: string): string =>
          new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(body)?.[1] ?? '';
        return {
          name: `${field('groupId')}:${field('artifactId')}`,
          version: field('version'), // empty: the parent or a BOM decides
          kind: field('scope') === 'test' ? ('development' as const) : ('runtime' as const),
        };
      },
    ),
  locks: [],
  needsLock: () => false,
  looseness: (version) =>
    /^(LATEST|RELEASE)$|^[[(]|-SNAPSHOT$/.test(version) ? 'can change under your feet' : undefined,
};
