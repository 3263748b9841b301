import type { Dependency, ManifestKind } from './manifest.js';
import { isNamed } from './manifest.js';

const locks = ['poetry.lock', 'uv.lock', 'pdm.lock', 'Pipfile.lock', 'pylock.toml'];

const looseness = (version: string): string | undefined => {
  if (version === '' || version === '*') return 'any version will do';
  if (/^(git\+|https?:|@)/.test(version)) return 'comes from a place that can change';
  return /^>=?[^,<]*$/.test(version) ? 'has no upper bound' : undefined;
};

/** `name[extra]>=1,<2 ; marker`, as requirements files and pyproject.toml write it. */
function requirement(text: string, kind: Dependency['kind']): Dependency[] {
  const [, name, version] =
    /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:\(?([^;)]*)\)?)/.exec(text.trim()) ?? [];
  return name === undefined ? [] : [{ name: name.toLowerCase(), version: (version ?? '').trim(), kind }];
}

export const requirementsManifest: ManifestKind = {
  ecosystem: 'Python',
  matches: (path) => /(^|\/)(requirements[^/]*\.txt|requirements\/[^/]+\.txt)$/.test(path),
  read: (text) =>
    text
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('-'))
      .flatMap((line) => requirement(line.replace(/\s*(--hash|\\).*$/, ''), 'runtime')),
  locks,
  // A requirements file in which every version is exact is itself the lock.
  needsLock: (dependencies) => dependencies.some(({ version }) => !/^={2,3}\s*[^*]+$/.test(version)),
  looseness,
};

export const pyprojectManifest: ManifestKind = {
  ecosystem: 'Python',
  matches: (path) => isNamed(path, 'pyproject.toml'),
  read: (text) => [...listed(text), ...poetry(text)],
  locks,
  needsLock: (dependencies) => dependencies.length > 0,
  looseness,
};

/** `dependencies = [ "…" ]` of `[project]`, and the lists of its optional and development groups. */
function listed(text: string): Dependency[] {
  return sections(text).flatMap(({ name, body }) => {
    const development = /^(project\.optional-dependencies|dependency-groups)$/.test(name);
    if (name !== 'project' && !development) return [];
    const lists = body.matchAll(/^\s*([\w-]+)\s*=\s*\[((?:[^\]"']|"[^"]*"|'[^']*')*)\]/gm);
    return [...lists]
      .filter(([, key]) => development || key === 'dependencies')
      .flatMap(([, , items = '']) => [...items.matchAll(/"([^"]*)"|'([^']*)'/g)])
      .flatMap(([, double, single]) =>
        requirement(double ?? single ?? '', development ? 'development' : 'runtime'),
      );
  });
}

/** `name = "^1.2"` and `name = { version = "…" }` of Poetry's tables. */
function poetry(text: string): Dependency[] {
  return sections(text).flatMap(({ name, body }) => {
    if (!/^tool\.poetry\.(group\.[\w-]+\.|dev-)?dependencies$/.test(name)) return [];
    const kind = name === 'tool.poetry.dependencies' ? 'runtime' : 'development';
    return [...body.matchAll(/^\s*([\w.-]+)\s*=\s*(?:"([^"]*)"|\{(.*)\})/gm)]
      .filter(([, key]) => key !== 'python')
      .map(([, key = '', version, table = '']) => ({
        name: key.toLowerCase(),
        version: version ?? /version\s*=\s*"([^"]*)"/.exec(table)?.[1] ?? '',
        kind: kind,
      }));
  });
}

/** The tables of a TOML text, which is all of TOML that is needed here. */
export function sections(text: string): { name: string; body: string }[] {
  const plain = text.replace(/^\s*#.*$/gm, '');
  const heads = [...plain.matchAll(/^\s*\[([^[\]\n"]+)\]\s*$/gm)];
  return heads.map((head, index) => ({
    name: (head[1] ?? '').trim(),
    body: plain.slice(head.index + head[0].length, heads[index + 1]?.index ?? plain.length),
  }));
}
