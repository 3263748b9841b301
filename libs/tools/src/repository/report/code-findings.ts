import { longFileLines } from '../largest.js';
import { counted } from '../part.js';
import type { Strength, Weighed } from './finding.js';
import { graded } from './finding.js';
import { code, percent, plain } from './markdown.js';
import type { Parts } from './parts.js';

/** What the code itself shows: risk, size, copies, work put off. */
export function codeFindings(parts: Parts): Weighed[] {
  return [riskFinding(parts), sizeFinding(parts), copyFinding(parts), noteFinding(parts)].filter(
    (finding) => finding !== undefined,
  );
}

function riskFinding({ risk, hotspots }: Parts): Weighed | undefined {
  const files = risk?.files.filter(({ score }) => score >= 35).slice(0, 5) ?? [];
  const worst = files[0];
  if (!worst || !hotspots || hotspots.commits === 0) return undefined;
  // With few commits, "changes often" means little.
  const weight = Math.min(
    graded(worst.score, [
      [65, 75],
      [50, 58],
      [35, 42],
    ]),
    hotspots.commits < 20 ? 35 : 100,
  );
  return {
    weight: weight + Math.min(4, files.length - 1),
    title:
      files.length === 1
        ? `${code(worst.path)} is where trouble is most likely`
        : `Risk gathers in ${files.length} files, ${code(worst.path)} first`,
    evidence: files.slice(0, 3).map(
      ({ path, score, reasons }) =>
        `${code(path)}: risk ${score} of 100: ${reasons
          .slice(0, 4)
          .map(({ text }) => plain(text))
          .join(', ')}`,
    ),
    advice: adviceFor(worst.reasons.map(({ sign }) => sign)),
    files: files.map(({ path }) => path),
  };
}

function adviceFor(signs: readonly string[]): string {
  const steps = [
    ...(signs.includes('tests') ? ['write tests that pin down what it does today'] : []),
    ...(signs.includes('size') ? ['split it along the lines in which it changes'] : []),
    ...(signs.includes('duplication') ? ['give the repeated parts one home'] : []),
    ...(signs.includes('authorship') ? ['let a second person make the next change'] : []),
    ...(signs.includes('fixes') ? ['read its fixes together: they usually share a cause'] : []),
  ];
  const text =
    steps.length === 0
      ? 'look at why it changes so often, and move that to one place'
      : steps.slice(0, 3).join('; ');
  return `Begin with the first: ${text}.`;
}

function sizeFinding({ largest }: Parts): Weighed | undefined {
  const worst = largest?.files[0];
  if (!largest || !worst || largest.long.files === 0) return undefined;
  const weight = Math.max(
    graded(largest.long.share, [
      [0.5, 58],
      [0.3, 45],
      [0.15, 28],
      [0.05, 15],
    ]),
    graded(worst.lines, [
      [3000, 52],
      [1500, 40],
      [0, 0],
    ]),
  );
  if (weight === 0) return undefined;
  return {
    weight,
    title: `${counted(largest.long.files, 'source file')} of more than ${longFileLines} lines ${largest.long.files === 1 ? 'holds' : 'hold'} ${percent(largest.long.share)} of the code`,
    evidence: [
      ...largest.files
        .slice(0, 3)
        .filter(({ lines }) => lines > longFileLines)
        .map(({ path, lines }) => `${code(path)}: ${counted(lines, 'line')}`),
      `A source file here usually has ${counted(largest.medianLines, 'line')}.`,
    ],
    advice:
      'Split the longest when it is next changed, not for its own sake: one topic a file, the entry point kept.',
    files: largest.files
      .filter(({ lines }) => lines > longFileLines)
      .slice(0, 5)
      .map(({ path }) => path),
  };
}

function copyFinding({ duplicates }: Parts): Weighed | undefined {
  if (!duplicates || duplicates.codeLines < 300) return undefined;
  const weight = graded(duplicates.share, [
    [0.15, 71],
    [0.08, 55],
    [0.04, 42],
    [0.015, 25],
  ]);
  const blocks = duplicates.blocks.slice(0, 3);
  if (weight === 0) return undefined;
  return {
    weight,
    title: `${percent(duplicates.share)} of the code repeats other code`,
    evidence: [
      `${counted(duplicates.duplicatedLines, 'line')} in ${counted(duplicates.blockCount, 'block')}, of ${counted(duplicates.codeLines, 'line')} of code (comments and imports not counted)`,
      ...blocks.map(
        ({ lines, places }) =>
          `${counted(lines, 'line')}: ${places
            .slice(0, 3)
            .map(({ path, start, end }) => code(`${path}:${start}-${end}`))
            .join(' and ')}${places.length > 3 ? ` and ${places.length - 3} more` : ''}`,
      ),
    ],
    advice:
      'Give the largest blocks one home first; leave copies that only look alike and change for different reasons.',
    files: [...new Set(blocks.flatMap(({ places }) => places.map(({ path }) => path)))].slice(0, 5),
  };
}

function noteFinding({ todos, largest }: Parts): Weighed | undefined {
  if (!todos || todos.total === 0) return undefined;
  const perThousand = todos.total / Math.max(0.5, (largest?.sourceLines ?? 1000) / 1000);
  const old = todos.items.filter(({ ageDays }) => (ageDays ?? 0) > 365);
  const weight =
    graded(perThousand, [
      [5, 45],
      [2, 28],
      [0.5, 15],
      [0, 8],
    ]) + (old.length >= 5 ? 10 : 0);
  const kinds = Object.entries(todos.counts)
    .map(([tag, count]) => `${count} ${tag}`)
    .join(', ');
  const shown = (
    old.length > 0 ? [...old].sort((a, b) => (b.ageDays ?? 0) - (a.ageDays ?? 0)) : todos.items
  ).slice(0, 3);
  return {
    weight,
    title: `${counted(todos.total, 'note')} of unfinished work in the code${old.length > 0 ? `, ${old.length} of them older than a year` : ''}`,
    evidence: [
      `${kinds}: ${perThousand.toFixed(1)} in 1,000 lines`,
      ...shown.map(
        ({ path, line, tag, text, ageDays }) =>
          `${code(`${path}:${line}`)} ${tag}: ${plain(text.slice(0, 100)) || '(no text)'}${ageDays === null ? '' : ` (${counted(ageDays, 'day')} old)`}`,
      ),
    ],
    advice:
      'Turn what still matters into issues with an owner, and delete the rest: nobody reads an old TODO.',
    files: [...new Set(shown.map(({ path }) => path))],
  };
}

/** What of the code is in good order. */
export function codeStrengths({ duplicates, todos, largest }: Parts): Strength[] {
  return [
    ...(duplicates && duplicates.codeLines >= 300 && duplicates.share < 0.015
      ? [
          {
            title: 'Hardly any copied code',
            evidence: `${percent(duplicates.share)} of ${counted(duplicates.codeLines, 'line')} of code repeats other code`,
          },
        ]
      : []),
    ...(largest && largest.sourceFiles >= 10 && largest.long.share < 0.1
      ? [
          {
            title: 'Files are short',
            evidence: `half of them have at most ${counted(largest.medianLines, 'line')}; ${counted(largest.long.files, 'file')} of ${largest.sourceFiles} exceed ${longFileLines}`,
          },
        ]
      : []),
    ...(todos && todos.total === 0 && (largest?.sourceLines ?? 0) >= 300
      ? [{ title: 'No work put off in comments', evidence: 'no TODO, FIXME, HACK or XXX was found' }]
      : []),
  ];
}
