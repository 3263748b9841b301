import { z } from 'zod';
import type { CommitFacts } from './commit-stream.js';
import { isBot, isFix } from './commit-stream.js';
import { counted, Notes } from './part.js';
import { longFileLines } from './largest.js';
import type { SizedFile } from './largest.js';

const dayMs = 86_400_000;
/** Fewer changes than this are few, even where no file has more. */
export const oftenChanged = 10;
/** Commits that touch more files are moves and reformattings, which say nothing about each file. */
const sweepingFiles = 100;

/** Source files by how often they change and how long they are. */
export const Hotspots = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      commits: z.number(),
      fixes: z.number(),
      authors: z.number(),
      lines: z.number(),
      last: z.string(),
      /** No test file bears its name, though others here do. */
      untested: z.boolean(),
      /** 0 to 100: changes, against the file that changed most, times length, where 500 lines count in full. */
      score: z.number(),
    }),
  ),
  commits: z.number(),
  since: z.string().nullable(),
  notes: Notes,
});
export type Hotspots = z.infer<typeof Hotspots>;

/** Languages whose tests are files of their own, named after what they test. */
const namesItsTests = /\.(ts|tsx|mts|js|jsx|mjs|cjs|py|go|java|kt|scala|cs|rb|php|exs?|swift|dart)$/;

interface Change {
  commits: number;
  fixes: number;
  authors: Set<string>;
  last: number;
}

export interface HotspotBuilder {
  readonly add: (commit: CommitFacts) => void;
  readonly result: (files: readonly SizedFile[], tests: readonly string[], limit: number) => Hotspots;
}

/** Counts changes to files over the last year of work (from the newest commit back). */
export function createHotspots(): HotspotBuilder {
  const changes = new Map<string, Change>();
  let newest = 0;
  let oldest = Infinity;
  let commits = 0;
  let sweeping = 0;
  return {
    add: (commit) => {
      newest = Math.max(newest, commit.at);
      if (commit.at < newest - 365 * dayMs || isBot(commit)) return;
      if (commit.paths.length > sweepingFiles) {
        sweeping++;
        return;
      }
      commits++;
      oldest = Math.min(oldest, commit.at);
      for (const path of commit.paths) {
        const change = changes.get(path) ?? { commits: 0, fixes: 0, authors: new Set<string>(), last: 0 };
        change.commits++;
        if (isFix(commit)) change.fixes++;
        change.authors.add(commit.email.toLowerCase() || commit.author);
        change.last = Math.max(change.last, commit.at);
        changes.set(path, change);
      }
    },
    result: (files, tests, limit) => {
      const changed = files.flatMap((file) => {
        const change = changes.get(file.path);
        return change ? [{ file, change }] : [];
      });
      const most = changed.reduce((max, { change }) => Math.max(max, change.commits), oftenChanged);
      const named = testedNames(tests);
      return {
        files: changed
          .map(({ file, change }) => ({
            path: file.path,
            commits: change.commits,
            fixes: change.fixes,
            authors: change.authors.size,
            lines: file.lines,
            last: new Date(change.last).toISOString(),
            untested: named.size > 0 && namesItsTests.test(file.path) && !named.has(stemOf(file.path)),
            score: Math.round(100 * (change.commits / most) * Math.min(1, file.lines / longFileLines)),
          }))
          .sort((a, b) => b.score - a.score || b.commits - a.commits || (a.path < b.path ? -1 : 1))
          .slice(0, limit),
        commits,
        since: commits === 0 ? null : new Date(oldest).toISOString(),
        notes:
          sweeping === 0
            ? []
            : [
                `${counted(sweeping, 'commit')} of more than ${sweepingFiles} files each left out of the hot spots.`,
              ],
      };
    },
  };
}

/** The names that test files bear: `run-store.test.ts` and `test_run_store.py` stand for theirs. */
function testedNames(tests: readonly string[]): Set<string> {
  return new Set(
    tests.map((path) =>
      stemOf(path)
        .replace(/^test_/, '')
        .replace(/[._-](test|tests|spec|e2e)$/i, '')
        .replace(/(Tests?|Spec|IT)$/, ''),
    ),
  );
}

function stemOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.[a-z0-9]+$/i, '');
}
