import { readFileSync, statSync } from 'node:fs';

/**
 * What the configuration asks the file system: whether a path that a variable names is there,
 * and what is in the catalogue of models.
 */
export interface FileSystem {
  readonly isFolder: (path: string) => boolean;
  readonly isFile: (path: string) => boolean;
  readonly readText: (path: string) => string;
}

/** The real one. */
export const realFileSystem: FileSystem = {
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
  readText: (path) => readFileSync(path, 'utf8'),
};
