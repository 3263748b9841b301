/** What a manifest asks for. */
export interface Dependency {
  readonly name: string;
  /** As it is written; empty when any version will do. */
  readonly version: string;
  readonly kind: 'runtime' | 'development';
}

export type Ecosystem = 'npm' | 'Go' | 'Python' | 'Cargo' | 'Maven';

/** A kind of manifest: which files it is, how to read one, and where its versions are pinned. */
export interface ManifestKind {
  readonly ecosystem: Ecosystem;
  readonly matches: (path: string) => boolean;
  /** Throws on what cannot be read. */
  readonly read: (text: string) => Dependency[];
  /** Lock files in the same folder, or in one above it (a workspace). None: nothing is locked there by custom. */
  readonly locks: readonly string[];
  /** Whether these dependencies need a lock to be repeatable. */
  readonly needsLock: (dependencies: readonly Dependency[]) => boolean;
  /** Why a version is too loose to rely on. */
  readonly looseness: (version: string) => string | undefined;
}

/** Whether a path ends with this file name. */
export function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`);
}
