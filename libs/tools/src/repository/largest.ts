import { z } from 'zod';
import { isGeneratedText, roleOf } from './file-role.js';
import { languageOf } from './languages.js';
import { Notes } from './part.js';
import type { RepositoryFile } from './repository-files.js';
import { countLines } from './repository-files.js';

/** Lines above which a source file is hard to hold in mind. */
export const longFileLines = 500;

/** The longest source files, and how long files usually are here. */
export const Largest = z.object({
  files: z.array(z.object({ path: z.string(), language: z.string(), lines: z.number(), bytes: z.number() })),
  sourceFiles: z.number(),
  sourceLines: z.number(),
  medianLines: z.number(),
  /** Source files above 500 lines, and their share of all source lines. */
  long: z.object({ files: z.number(), share: z.number() }),
  notes: Notes,
});
export type Largest = z.infer<typeof Largest>;

/** A file's size without its text, of which there may be many. */
export type SizedFile = Largest['files'][number];

/** The size of a file that a person is expected to read; nothing for any other. */
export function sizeOfSource(file: RepositoryFile): SizedFile | undefined {
  if (file.text === undefined || roleOf(file.path) !== 'source' || isGeneratedText(file.text))
    return undefined;
  return {
    path: file.path,
    language: languageOf(file.path).name,
    lines: countLines(file.text),
    bytes: file.bytes,
  };
}

export function largestOf(files: readonly SizedFile[], limit: number): Omit<Largest, 'notes'> {
  const sorted = [...files].sort((a, b) => b.lines - a.lines || (a.path < b.path ? -1 : 1));
  const sourceLines = sorted.reduce((sum, { lines }) => sum + lines, 0);
  const long = sorted.filter(({ lines }) => lines > longFileLines);
  const longLines = long.reduce((sum, { lines }) => sum + lines, 0);
  return {
    files: sorted.slice(0, limit),
    sourceFiles: sorted.length,
    sourceLines,
    medianLines: sorted[Math.floor(sorted.length / 2)]?.lines ?? 0,
    long: { files: long.length, share: sourceLines === 0 ? 0 : longLines / sourceLines },
  };
}
