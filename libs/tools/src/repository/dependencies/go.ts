import type { Dependency, ManifestKind } from './manifest.js';
import { isNamed } from './manifest.js';

export const goManifest: ManifestKind = {
  ecosystem: 'Go',
  matches: (path) => isNamed(path, 'go.mod'),
  read: (text) => {
    const dependencies: Dependency[] = [];
    let inBlock = false;
    for (const line of text.split('\n')) {
      const code = line.replace(/^require\s+(?!\()/, '').trim();
      if (/^require\s*\(/.test(line)) inBlock = true;
      else if (inBlock && line.trim() === ')') inBlock = false;
      else if ((inBlock || line.startsWith('require ')) && !/\/\/\s*indirect/.test(line)) {
        const [, name, version] = /^(\S+)\s+(v\S+)/.exec(code) ?? [];
        if (name !== undefined && version !== undefined)
          dependencies.push({ name, version, kind: 'runtime' });
      }
    }
    return dependencies;
  },
  locks: ['go.sum', 'go.work.sum'],
  needsLock: (dependencies) => dependencies.length > 0,
  looseness: () => undefined,
};
