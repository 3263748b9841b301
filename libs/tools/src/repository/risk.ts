import { z } from 'zod';
import type { Duplicates } from './duplicates.js';
import type { History } from './history.js';
import type { Hotspots } from './hotspots.js';
import { oftenChanged } from './hotspots.js';
import type { Largest } from './largest.js';
import { longFileLines } from './largest.js';
import { counted, Notes } from './part.js';
import type { Todos } from './todos.js';

/** How much each sign counts; together 100. */
export const riskWeights = {
  change: 30,
  size: 20,
  fixes: 15,
  duplication: 15,
  authorship: 10,
  tests: 5,
  notes: 5,
} as const;

/** The formula in words, as the report prints it. */
export const riskFormula =
  'A file’s risk is 0 to 100: how often it changed in the last year of work, against the file that changed most, or ten commits ' +
  `(up to ${riskWeights.change}); its length, full at ${2 * longFileLines} lines (${riskWeights.size}); the share of its ` +
  `changes that were fixes (${riskWeights.fixes}); the share of its lines that repeat others (${riskWeights.duplication}); ` +
  `one author only, where the repository has several (${riskWeights.authorship}); no test named after it ` +
  `(${riskWeights.tests}); TODO and FIXME notes, full at five (${riskWeights.notes}).`;

/** Files by how likely they are to cause trouble, each with its reasons. */
export const Risk = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      score: z.number(),
      reasons: z.array(z.object({ sign: z.string(), points: z.number(), text: z.string() })),
    }),
  ),
  formula: z.string(),
  notes: Notes,
});
export type Risk = z.infer<typeof Risk>;

/** The analyses that risk is judged by; each may be missing. */
export interface RiskParts {
  readonly hotspots?: Hotspots | undefined;
  readonly largest?: Largest | undefined;
  readonly duplicates?: Duplicates | undefined;
  readonly todos?: Todos | undefined;
  readonly history?: History | undefined;
}

/** Combines what is known of each file into a score. */
export function riskOf(parts: RiskParts, limit: number): Risk {
  const hot = new Map(parts.hotspots?.files.map((file) => [file.path, file]));
  const lines = new Map(
    [...(parts.largest?.files ?? []), ...hot.values()].map((file) => [file.path, file.lines]),
  );
  const copied = new Map(parts.duplicates?.files.map((file) => [file.path, file.lines]));
  const notes = new Map(parts.todos?.files.map((file) => [file.path, file.count]));
  const most = Math.max(oftenChanged, ...[...hot.values()].map(({ commits }) => commits));
  const several = (parts.history?.authorCount ?? 0) > 1;

  const files = [...new Set([...hot.keys(), ...lines.keys(), ...copied.keys()])].map((path) => {
    const spot = hot.get(path);
    const length = lines.get(path) ?? 0;
    const repeated = copied.get(path) ?? 0;
    const left = notes.get(path) ?? 0;
    const fixShare = spot && spot.commits >= 3 ? spot.fixes / spot.commits : 0;
    const reasons = [
      reason('change', (spot?.commits ?? 0) / most, `changed in ${counted(spot?.commits ?? 0, 'commit')}`),
      reason('size', length / (2 * longFileLines), `${counted(length, 'line')} long`),
      reason('fixes', fixShare * 2, `${counted(spot?.fixes ?? 0, 'fix', 'fixes')} among its changes`),
      reason(
        'duplication',
        length === 0 ? 0 : (repeated / length) * 2,
        `${counted(repeated, 'line')} repeated elsewhere`,
      ),
      reason(
        'authorship',
        several && spot && spot.authors === 1 && spot.commits >= 3 ? 1 : 0,
        'only one person has changed it',
      ),
      reason('tests', spot?.untested ? 1 : 0, 'no test is named after it'),
      reason('notes', left / 5, `${counted(left, 'note')} of unfinished work`),
    ].filter(({ points }) => points >= 1);
    return {
      path,
      score: Math.min(
        100,
        reasons.reduce((sum, { points }) => sum + points, 0),
      ),
      reasons: reasons.sort((a, b) => b.points - a.points),
    };
  });
  return {
    files: files
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
      .slice(0, limit),
    formula: riskFormula,
    notes: missingNotes(parts),
  };
}

function reason(sign: keyof typeof riskWeights, degree: number, text: string) {
  return { sign, points: Math.round(riskWeights[sign] * Math.min(1, Math.max(0, degree))), text };
}

function missingNotes(parts: RiskParts): string[] {
  const missing = (['hotspots', 'largest', 'duplicates', 'todos', 'history'] as const).filter(
    (part) => !parts[part],
  );
  return missing.length === 0
    ? []
    : [`Risk was judged without ${missing.join(', ')}, so scores are lower than they may be.`];
}
