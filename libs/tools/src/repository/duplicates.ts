import { z } from 'zod';
import { roleOf } from './file-role.js';
import { counted, Notes, rounded } from './part.js';

/** Lines of code that must be the same in a row to count. */
export const windowLines = 6;

const Place = z.object({ path: z.string(), start: z.number(), end: z.number() });

/** Blocks of code that stand in more than one place. */
export const Duplicates = z.object({
  blocks: z.array(z.object({ lines: z.number(), places: z.array(Place) })),
  blockCount: z.number(),
  /** Lines of code that repeat others, of all lines of code looked at. */
  duplicatedLines: z.number(),
  codeLines: z.number(),
  share: z.number(),
  /** The files with the most lines in such blocks. */
  files: z.array(z.object({ path: z.string(), lines: z.number() })),
  notes: Notes,
});
export type Duplicates = z.infer<typeof Duplicates>;

/** Windows that are remembered: about 100 MB. */
const maxWindows = 1_000_000;
/** A window that stands in more places is compared with the first few only. */
const maxCandidates = 8;

interface CodeFile {
  readonly path: string;
  /** A hash of each line of code, and the number of the line it came from. */
  readonly hashes: Float64Array;
  readonly numbers: Uint32Array;
}

interface Block {
  readonly lines: number;
  readonly places: z.infer<typeof Place>[];
}

export interface DuplicateFinder {
  readonly add: (path: string, text: string) => void;
  readonly result: (limit: number) => Duplicates;
}

/**
 * Finds blocks of at least six equal lines of code, file by file. Lines are compared without their
 * indentation; blank lines, comments, imports and lone brackets do not count.
 */
export function createDuplicateFinder(): DuplicateFinder {
  const files: CodeFile[] = [];
  /** Window hash to the first place that begins with it, as file × 2^21 + line; and to the next few. */
  const windows = new Map<number, number>();
  const furtherPlaces = new Map<number, number[]>();
  const blocks = new Map<string, Block>();
  const perFile = new Map<string, number>();
  let codeLines = 0;
  let duplicatedLines = 0;
  let windowCount = 0;

  function longestMatch(
    file: CodeFile,
    at: number,
    candidates: readonly number[],
  ): { place: number; length: number } {
    let best = { place: 0, length: 0 };
    for (const place of candidates) {
      const other = files[Math.floor(place / placeStep)];
      if (!other) continue;
      const from = place % placeStep;
      const room = other === file ? at - from : other.hashes.length - from; // a block does not overlap itself
      let length = 0;
      while (
        length < room &&
        at + length < file.hashes.length &&
        other.hashes[from + length] === file.hashes[at + length]
      )
        length++;
      if (length > best.length) best = { place, length };
    }
    return best;
  }

  return {
    add: (path, text) => {
      const file = codeOf(path, text);
      const index = files.push(file) - 1;
      codeLines += file.hashes.length;
      let covered = 0; // up to here, lines are counted as repeated already
      for (let at = 0; at + windowLines <= file.hashes.length; at++) {
        const hash = windowHash(file.hashes, at);
        const first = windows.get(hash);
        if (first !== undefined && at >= covered) {
          const { place, length } = longestMatch(file, at, [first, ...(furtherPlaces.get(hash) ?? [])]);
          const other = files[Math.floor(place / placeStep)];
          if (other && length >= windowLines) {
            // Skipped also when it tells nothing: else a long table would be compared from each of its lines.
            covered = at + length;
            if (isTelling(file.hashes, at, length)) {
              const isNew = record(blocks, other, place % placeStep, file, at, length);
              if (isNew) perFile.set(other.path, (perFile.get(other.path) ?? 0) + length);
              perFile.set(path, (perFile.get(path) ?? 0) + length);
              duplicatedLines += length;
            }
          }
        }
        if (windowCount >= maxWindows) continue;
        windowCount++;
        if (first === undefined) windows.set(hash, index * placeStep + at);
        else remember(furtherPlaces, hash, index * placeStep + at);
      }
    },
    result: (limit) => ({
      blocks: [...blocks.values()].sort((a, b) => weight(b) - weight(a)).slice(0, limit),
      blockCount: blocks.size,
      duplicatedLines,
      codeLines,
      share: codeLines === 0 ? 0 : rounded(duplicatedLines / codeLines, 4),
      files: [...perFile]
        .map(([path, lines]) => ({ path, lines }))
        .sort((a, b) => b.lines - a.lines || (a.path < b.path ? -1 : 1))
        .slice(0, limit),
      notes:
        windowCount >= maxWindows
          ? [`Duplicates were looked for among the first ${counted(maxWindows, 'line')} of code.`]
          : [],
    }),
  };
}

const placeStep = 2 ** 21;

function remember(places: Map<number, number[]>, hash: number, place: number): void {
  const known = places.get(hash);
  if (!known) places.set(hash, [place]);
  else if (known.length < maxCandidates - 1) known.push(place);
}

function weight({ lines, places }: Block): number {
  return lines * (places.length - 1);
}

/** Adds a place to a block; says whether it is the block's first copy. */
function record(
  blocks: Map<string, Block>,
  first: CodeFile,
  from: number,
  file: CodeFile,
  at: number,
  length: number,
): boolean {
  const origin = placeOf(first, from, length);
  const key = `${origin.path}:${origin.start}:${length}`;
  const block = blocks.get(key) ?? { lines: length, places: [origin] };
  block.places.push(placeOf(file, at, length));
  blocks.set(key, block);
  return block.places.length === 2;
}

function placeOf(file: CodeFile, from: number, length: number): z.infer<typeof Place> {
  return { path: file.path, start: file.numbers[from] ?? 0, end: file.numbers[from + length - 1] ?? 0 };
}

/** Tables and other repetitive lists have few different lines; copying them is no fault. */
function isTelling(hashes: Float64Array, at: number, length: number): boolean {
  return new Set(hashes.subarray(at, at + length)).size >= windowLines - 1;
}

const skippedLine =
  /^(\/\/|\/\*|\*|#(?!define|if)|<!--|--\s|import\b|from\b.*\bimport\b|export\b.*\bfrom\b|using\b|package\b|require\b|use\b|["']use )/;

function codeOf(path: string, text: string): CodeFile {
  const hashes: number[] = [];
  const numbers: number[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const code = line.trim();
    if (code.length < 3 || !/[A-Za-z0-9]/.test(code) || skippedLine.test(code)) continue;
    if (hashes.length === placeStep - 1) break;
    hashes.push(lineHash(code));
    numbers.push(number);
  }
  return { path, hashes: Float64Array.from(hashes), numbers: Uint32Array.from(numbers) };
}

/** 52 bits of a line, blanks collapsed: two lanes of FNV-1a. */
function lineHash(code: string): number {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  let blank = false;
  for (let at = 0; at < code.length; at++) {
    const unit = code.charCodeAt(at);
    const isBlank = unit === 32 || unit === 9;
    if (isBlank && blank) continue;
    blank = isBlank;
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ (unit + 0x9e37), 0x85ebca6b);
  }
  return ((high >>> 0) & 0xfffff) * 2 ** 32 + (low >>> 0);
}

/** A hash of the lines of a window. Equal windows are compared line by line afterwards. */
function windowHash(hashes: Float64Array, at: number): number {
  let high = 0;
  let low = 0;
  for (let step = 0; step < windowLines; step++) {
    const hash = hashes[at + step] ?? 0;
    high = Math.imul(high ^ (hash / 2 ** 32), 0x01000193) ^ (hash | 0);
    low = Math.imul(low ^ (hash % 2 ** 32), 0x85ebca6b) ^ (hash / 2 ** 32);
  }
  return ((high >>> 0) & 0xfffff) * 2 ** 32 + (low >>> 0);
}

/** Whether copies in a file are worth telling of: tests repeat themselves for clarity, migrations may never change. */
export function isComparedForCopies(path: string): boolean {
  return roleOf(path) === 'source' && !/(^|\/)(migrations?\/|[^/]*\d{3,}[^/]*\.sql$)/.test(path);
}
