import { z } from 'zod';
import { Notes } from '../part.js';
import { cargoManifest } from './cargo.js';
import { goManifest } from './go.js';
import type { ManifestKind } from './manifest.js';
import { mavenManifest } from './maven.js';
import { npmManifest } from './npm.js';
import { pyprojectManifest, requirementsManifest } from './python.js';

/** What a repository depends on, by manifest. */
export const Dependencies = z.object({
  manifests: z.array(
    z.object({
      path: z.string(),
      ecosystem: z.string(),
      runtime: z.number(),
      development: z.number(),
      lockFile: z.string().nullable(),
      lockMissing: z.boolean(),
      dependencies: z.array(z.object({ name: z.string(), version: z.string(), kind: z.string() })),
    }),
  ),
  total: z.number(),
  distinct: z.number(),
  loose: z.array(z.object({ path: z.string(), name: z.string(), version: z.string(), why: z.string() })),
  /** The same dependency, asked for in different versions. */
  conflicts: z.array(
    z.object({
      ecosystem: z.string(),
      name: z.string(),
      versions: z.array(z.object({ version: z.string(), path: z.string() })),
    }),
  ),
  notes: Notes,
});
export type Dependencies = z.infer<typeof Dependencies>;

const kinds: readonly ManifestKind[] = [
  npmManifest,
  goManifest,
  requirementsManifest,
  pyprojectManifest,
  cargoManifest,
  mavenManifest,
];

/** Dependencies listed of one manifest. */
const listedDependencies = 300;

export function isManifest(path: string): boolean {
  return kinds.some((kind) => kind.matches(path));
}

/** Reads the manifests; `paths` are all files, among which the lock files are looked for. */
export function dependenciesOf(
  manifests: readonly { readonly path: string; readonly text: string }[],
  paths: readonly string[],
): Dependencies {
  const known = new Set(paths);
  const notes: string[] = [];
  const read = manifests.flatMap(({ path, text }) => {
    const kind = kinds.find((candidate) => candidate.matches(path));
    if (!kind) return [];
    try {
      return [{ path, kind, dependencies: kind.read(text) }];
    } catch (error) {
      notes.push(`${path} could not be read: ${(error as Error).message.split('\n')[0] ?? ''}`);
      return [];
    }
  });
  const all = read.flatMap(({ path, kind, dependencies }) =>
    dependencies.map((one) => ({ ...one, path, kind })),
  );
  return {
    manifests: read.map(({ path, kind, dependencies }) => {
      const lockFile = lockOf(path, kind.locks, known);
      return {
        path,
        ecosystem: kind.ecosystem,
        runtime: dependencies.filter((one) => one.kind === 'runtime').length,
        development: dependencies.filter((one) => one.kind === 'development').length,
        lockFile,
        lockMissing: lockFile === null && kind.needsLock(dependencies),
        dependencies: dependencies.slice(0, listedDependencies),
      };
    }),
    total: all.length,
    distinct: new Set(all.map(({ kind, name }) => `${kind.ecosystem}:${name}`)).size,
    loose: all
      .flatMap(({ path, kind, name, version }) => {
        const why = kind.looseness(version);
        return why === undefined ? [] : [{ path, name, version, why }];
      })
      .slice(0, 100),
    conflicts: conflictsOf(
      all.map(({ path, kind, name, version }) => ({ path, ecosystem: kind.ecosystem, name, version })),
    ),
    notes,
  };
}

/** The nearest lock file, in the manifest's folder or one above it. */
function lockOf(path: string, locks: readonly string[], known: ReadonlySet<string>): string | null {
  const folders = path.split('/').slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth--) {
    const folder = folders
      .slice(0, depth)
      .map((name) => `${name}/`)
      .join('');
    const found = locks.find((lock) => known.has(folder + lock));
    if (found !== undefined) return folder + found;
  }
  return null;
}

function conflictsOf(
  all: readonly { path: string; ecosystem: string; name: string; version: string }[],
): Dependencies['conflicts'] {
  const groups = Map.groupBy(
    all.filter(({ version }) => !/^(|\*|path|workspace.*|file:.*|link:.*)$/.test(version)),
    ({ ecosystem, name }) => `${ecosystem}:${name}`,
  );
  return [...groups.values()]
    .filter((uses) => new Set(uses.map(({ version }) => version)).size > 1)
    .map((uses) => ({
      ecosystem: uses[0]?.ecosystem ?? '',
      name: uses[0]?.name ?? '',
      versions: uses.map(({ version, path }) => ({ version, path })).slice(0, 10),
    }))
    .slice(0, 50);
}
