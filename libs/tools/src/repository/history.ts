import { z } from 'zod';
import type { CommitFacts, CommitWalk } from './commit-stream.js';
import { isBot, isFix, maxCommits } from './commit-stream.js';
import { counted, Notes, rounded } from './part.js';

const dayMs = 86_400_000;

/** Who changed a repository, when, and how much. */
export const History = z.object({
  commits: z.number(),
  first: z.string().nullable(),
  last: z.string().nullable(),
  ageDays: z.number(),
  idleDays: z.number(),
  authors: z.array(z.object({ name: z.string(), commits: z.number(), share: z.number(), last: z.string() })),
  authorCount: z.number(),
  activeAuthors: z.number(),
  /** The fewest people who together made more than half of the commits of the last year of work. */
  busFactor: z.number(),
  last90Days: z.number(),
  previous90Days: z.number(),
  fixShare: z.number(),
  weeks: z.array(z.object({ week: z.string(), commits: z.number() })),
  shallow: z.boolean(),
  notes: Notes,
});
export type History = z.infer<typeof History>;

export interface HistoryBuilder {
  readonly add: (commit: CommitFacts) => void;
  readonly result: (walk: CommitWalk, now: number) => History;
}

interface Author {
  name: string;
  commits: number;
  last: number;
}

/** Sums up commits as they come, newest first. Bots are counted as commits, not as people. */
export function createHistory(): HistoryBuilder {
  const authors = new Map<string, Author>();
  const times: number[] = [];
  const people: { key: string; at: number }[] = [];
  let fixes = 0;
  let bots = 0;
  return {
    add: (commit) => {
      times.push(commit.at);
      if (isFix(commit)) fixes++;
      if (isBot(commit)) {
        bots++;
        return;
      }
      const key = commit.email.toLowerCase() || commit.author;
      people.push({ key, at: commit.at });
      const author = authors.get(key) ?? { name: commit.author, commits: 0, last: 0 };
      authors.set(key, { ...author, commits: author.commits + 1, last: Math.max(author.last, commit.at) });
    },
    result: (walk, now) => {
      const last = times.reduce((a, b) => Math.max(a, b), 0);
      const first = times.reduce((a, b) => Math.min(a, b), last);
      const within = (from: number, to: number) =>
        times.filter((at) => at > now - from * dayMs && at <= now - to * dayMs).length;
      const sorted = [...authors.values()].sort(
        (a, b) => b.commits - a.commits || (a.name < b.name ? -1 : 1),
      );
      return {
        commits: times.length,
        first: times.length === 0 ? null : new Date(first).toISOString(),
        last: times.length === 0 ? null : new Date(last).toISOString(),
        ageDays: Math.floor((last - first) / dayMs),
        idleDays: times.length === 0 ? 0 : Math.max(0, Math.floor((now - last) / dayMs)),
        authors: sorted.slice(0, 20).map(({ name, commits, last: at }) => ({
          name,
          commits,
          share: rounded(commits / people.length, 3),
          last: new Date(at).toISOString(),
        })),
        authorCount: authors.size,
        activeAuthors: sorted.filter((author) => author.last > now - 90 * dayMs).length,
        busFactor: busFactor(people.filter(({ at }) => at > last - 365 * dayMs).map(({ key }) => key)),
        last90Days: within(90, 0),
        previous90Days: within(180, 90),
        fixShare: times.length === 0 ? 0 : rounded(fixes / times.length, 3),
        weeks: weeksOf(times, now),
        shallow: walk.shallow,
        notes: notesOf(walk, times.length, bots),
      };
    },
  };
}

/** How many of the most active it takes to have made more than half of the commits. */
export function busFactor(keys: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  let sum = 0;
  let people = 0;
  for (const count of [...counts.values()].sort((a, b) => b - a)) {
    if (sum * 2 > keys.length) break;
    sum += count;
    people++;
  }
  return people;
}

/** Commits of the last 26 weeks, each named by its Monday (UTC), the oldest first. */
function weeksOf(times: readonly number[], now: number): History['weeks'] {
  // The epoch was a Thursday: three days after a Monday.
  const weekOf = (at: number): number => Math.floor((at / dayMs + 3) / 7);
  const counts = new Map<number, number>();
  for (const at of times) counts.set(weekOf(at), (counts.get(weekOf(at)) ?? 0) + 1);
  return Array.from({ length: 26 }, (_, index) => weekOf(now) - 25 + index).map((week) => ({
    week: new Date((week * 7 - 3) * dayMs).toISOString().slice(0, 10),
    commits: counts.get(week) ?? 0,
  }));
}

function notesOf(walk: CommitWalk, commits: number, bots: number): string[] {
  return [
    ...(walk.shallow
      ? ['The clone is shallow: older history, its authors and their share are unknown.']
      : []),
    ...(walk.truncated
      ? [`Only the newest ${counted(Math.min(commits, maxCommits), 'commit')} were looked at.`]
      : []),
    ...(bots > 0
      ? [`${counted(bots, 'commit')} by bots ${bots === 1 ? 'is' : 'are'} not counted for people.`]
      : []),
  ];
}
