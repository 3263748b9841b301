import type { Check } from '../check/check.js';
import { counted } from '../part.js';
import type { Strength, Weighed } from './finding.js';
import { code, plain } from './markdown.js';
import type { Parts } from './parts.js';

/** What the checks found: the one place where something is known to be broken. */
export function checkFindings({ check }: Parts): Weighed[] {
  return (check?.checks ?? []).filter(({ ok }) => !ok).map(finding);
}

function finding(check: Check): Weighed {
  const given = check.files === null && check.problems.length === 0;
  const lastLines = check.output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-3);
  return {
    weight: given ? 85 : check.name === 'go vet' ? 60 : 45 + Math.min(30, 5 * check.problemCount),
    title: given
      ? `The check ${code(check.what)} fails`
      : `${check.name}: ${counted(check.problemCount, 'problem')}`,
    evidence: given
      ? [`Exit code ${check.exitCode ?? 0}`, ...lastLines.map((line) => code(line.slice(0, 200)))]
      : check.problems
          .slice(0, 4)
          .map(
            ({ path, line, message }) =>
              `${code(line === null ? path : `${path}:${line}`)} ${plain(message.slice(0, 160))}`,
          ),
    advice: given
      ? 'Mend it before anything else, and run it on every change.'
      : 'Mend these files, or leave them out if they are broken on purpose.',
    files: [...new Set(check.problems.map(({ path }) => path))].slice(0, 5),
  };
}

export function checkStrengths({ check }: Parts): Strength[] {
  const passed = check?.checks.filter(({ ok }) => ok) ?? [];
  if (passed.length === 0 || passed.length !== check?.checks.length) return [];
  return [
    {
      title: 'Every check passes',
      evidence: passed.map(({ name, what }) => `${name} (${plain(what)})`).join(', '),
    },
  ];
}
