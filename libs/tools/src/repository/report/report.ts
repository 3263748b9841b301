import { z } from 'zod';
import { riskFormula } from '../risk.js';
import { checkFindings, checkStrengths } from './check-findings.js';
import { codeFindings, codeStrengths } from './code-findings.js';
import type { Strength } from './finding.js';
import { Finding } from './finding.js';
import { code, plain } from './markdown.js';
import type { Parts, ReadParts } from './parts.js';
import { peopleFindings, peopleStrengths } from './people-findings.js';
import { projectFindings, projectStrengths } from './project-findings.js';
import { sections } from './sections.js';
import type { Verdict } from './verdict.js';
import { verdictOf } from './verdict.js';

/** A report on the health of a repository. */
export const Report = z.object({
  verdict: z.string(),
  summary: z.string(),
  findings: z.array(Finding),
  strengths: z.array(z.string()),
  limits: z.array(z.string()),
  markdown: z.string(),
});
export type Report = z.infer<typeof Report>;

/** Judges a repository by the parts there are, and writes it down. */
export function reportOf(repo: string, { parts, missing }: ReadParts, now: Date): Report {
  const strengths = [checkStrengths, projectStrengths, codeStrengths, peopleStrengths].flatMap((of) =>
    of(parts),
  );
  const weighed = [checkFindings, projectFindings, codeFindings, peopleFindings].flatMap((of) => of(parts));
  const verdict = verdictOf(parts, weighed, strengths);
  const limits = limitsOf(parts, missing);
  return {
    verdict: verdict.title,
    summary: verdict.summary,
    findings: verdict.findings,
    strengths: strengths.map(({ title, evidence }) => `${title}: ${evidence}`),
    limits,
    markdown: markdownOf(repo, parts, verdict, strengths, limits, now),
  };
}

function limitsOf(parts: Parts, missing: readonly string[]): string[] {
  const notes = Object.values(parts).flatMap((part) => part?.notes ?? []);
  const skipped = parts.check?.skipped.map(({ name, why }) => `${name} was not run: ${why}.`) ?? [];
  const few =
    parts.history && parts.history.commits > 0 && parts.history.commits < 20
      ? [`There are only ${parts.history.commits} commits: what history tells is little more than chance.`]
      : [];
  return [...new Set([...missing, ...notes, ...skipped, ...few])];
}

function markdownOf(
  repo: string,
  parts: Parts,
  verdict: Verdict,
  strengths: readonly Strength[],
  limits: readonly string[],
  now: Date,
): string {
  const { inventory } = parts;
  const at = inventory?.commit
    ? `commit ${code(inventory.commit.slice(0, 12))}${inventory.branch ? ` of ${code(inventory.branch)}` : ''}`
    : 'no commit';
  const told = verdict.findings.filter(({ severity }) => severity !== 'good');
  return [
    `# Health of ${plain(inventory?.name ?? repo)}`,
    '',
    `> **${verdict.title}.** ${verdict.summary.slice(verdict.title.length + 2)}`,
    '',
    `${at}, looked at on ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    '',
    ...(told.length === 0 ? [] : ['## What to do first', '', ...told.flatMap(findingLines)]),
    ...(verdict.also.length === 0
      ? []
      : ['Also seen:', '', ...verdict.also.map((title) => `- ${title}`), '']),
    ...(strengths.length === 0
      ? []
      : [
          '## What is well',
          '',
          ...strengths.map(({ title, evidence }) => `- **${title}**: ${evidence}`),
          '',
        ]),
    ...sections(parts),
    '## How this was measured',
    '',
    ...limits.map((limit) => `- ${plain(limit)}`),
    `- ${riskFormula}`,
    '- Source, tests and generated files are told apart by their paths; copies are blocks of six or more equal lines of code.',
    '- Nothing of the repository was run but the checks listed above, and those in a copy; its own tests were not run.',
    '',
  ].join('\n');
}

function findingLines(finding: Finding, index: number): string[] {
  return [
    `### ${index + 1}. ${finding.title}`,
    '',
    `*${finding.severity}*`,
    '',
    ...finding.evidence.map((line) => `- ${line}`),
    '',
    `**Do:** ${finding.advice}`,
    '',
  ];
}
