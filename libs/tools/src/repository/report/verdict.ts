import type { Finding, Strength, Weighed } from './finding.js';
import { severityOf } from './finding.js';
import type { Parts } from './parts.js';

export interface Verdict {
  readonly title: string;
  readonly summary: string;
  /** The findings that are told in full: three to seven. */
  readonly findings: Finding[];
  /** Lesser ones, by title. */
  readonly also: string[];
}

const told = { least: 3, most: 7 } as const;

/** Ranks what was found and judges the whole. */
export function verdictOf(
  parts: Parts,
  weighed: readonly Weighed[],
  strengths: readonly Strength[],
): Verdict {
  const ranked = [...weighed].sort((a, b) => b.weight - a.weight);
  const findings = ranked
    .slice(0, told.most)
    .map(({ weight, ...finding }): Finding => ({ severity: severityOf(weight), ...finding }));
  const good = strengths
    .slice(0, Math.max(0, told.least - findings.length))
    .map(({ title, evidence }): Finding => ({
      severity: 'good',
      title,
      evidence: [evidence],
      advice: 'Keep it so.',
      files: [],
    }));
  const title = judged(parts, ranked);
  return {
    title,
    summary: summaryOf(title, findings, strengths),
    findings: [...findings, ...good],
    also: ranked.slice(told.most).map((finding) => finding.title),
  };
}

function judged({ inventory, largest }: Parts, ranked: readonly Weighed[]): string {
  if (!inventory) return 'Not judged: what the repository holds could not be read';
  if (inventory.total.files === 0) return 'Empty: there is nothing to judge yet';
  const high = ranked.filter(({ weight }) => severityOf(weight) === 'high');
  const medium = ranked.filter(({ weight }) => severityOf(weight) === 'medium');
  if (high.length >= 2 || (ranked[0]?.weight ?? 0) >= 90) return 'At risk';
  if (high.length === 1 || medium.length >= 3) return 'Needs attention';
  if ((largest?.sourceFiles ?? 1) === 0) return 'No source code to judge';
  return medium.length > 0 ? 'Sound, with weak spots' : 'Healthy';
}

/** One or two sentences that can stand alone. */
function summaryOf(title: string, findings: readonly Finding[], strengths: readonly Strength[]): string {
  const serious = findings.filter(({ severity }) => severity === 'high' || severity === 'medium').slice(0, 3);
  const shown = serious.length > 0 ? serious : findings.slice(0, 2);
  const worst = shown.map((finding) => finding.title).join('. ');
  const best = strengths
    .slice(0, 2)
    .map(({ title: good }) => good.charAt(0).toLowerCase() + good.slice(1))
    .join(', ');
  return [`${title}.`, worst === '' ? '' : `${worst}.`, best === '' ? '' : `In its favour: ${best}.`]
    .filter(Boolean)
    .join(' ');
}
