import type { Parts } from './parts.js';
import { counted } from '../part.js';
import { bytesText, code, percent, plain, sparkline, table } from './markdown.js';

/** The tables behind the findings. A section without data is left out. */
export function sections(parts: Parts): string[] {
  return [
    ...section('At a glance', glance(parts)),
    ...section('Riskiest files', risky(parts)),
    ...section('Hot spots', hot(parts)),
    ...section('Longest files', longest(parts)),
    ...section('Copied code', copies(parts)),
    ...section('Unfinished work', notes(parts)),
    ...section('Dependencies', dependencies(parts)),
    ...section('People and activity', people(parts)),
    ...section('Checks', checks(parts)),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines];
}

function glance({ inventory, history, largest, duplicates, todos, dependencies: all }: Parts): string[] {
  const role = (name: string): string => {
    const size = inventory?.roles[name];
    return size ? `${counted(size.files, 'file')}, ${counted(size.lines, 'line')}` : '';
  };
  const rows: [string, string][] = [
    [
      'All files',
      inventory
        ? `${counted(inventory.total.files, 'file')}, ${counted(inventory.total.lines, 'line')}, ${bytesText(inventory.total.bytes)}`
        : '',
    ],
    ['Source', role('source')],
    ['Tests', role('test')],
    ['Documents', role('docs')],
    [
      'Languages',
      inventory?.languages
        .slice(0, 5)
        .map(({ language, share }) => `${plain(language)} ${percent(share)}`)
        .join(', ') ?? '',
    ],
    [
      'Commits',
      history && history.commits > 0
        ? `${counted(history.commits, 'commit')} by ${counted(history.authorCount, 'person', 'people')}, ${history.first?.slice(0, 10) ?? ''} to ${history.last?.slice(0, 10) ?? ''}`
        : '',
    ],
    [
      'Usual file',
      largest && largest.sourceFiles > 0
        ? `${counted(largest.medianLines, 'line')} (median of ${counted(largest.sourceFiles, 'source file')})`
        : '',
    ],
    ['Copied code', duplicates && duplicates.codeLines > 0 ? percent(duplicates.share) : ''],
    ['Notes of unfinished work', todos ? String(todos.total) : ''],
    [
      'Dependencies',
      all && all.manifests.length > 0
        ? `${all.distinct} in ${counted(all.manifests.length, 'manifest')}`
        : '',
    ],
  ];
  return table(
    ['Measure', 'Value'],
    rows.filter(([, value]) => value !== ''),
  );
}

function risky({ risk }: Parts): string[] {
  const rows = risk?.files
    .slice(0, 10)
    .map(({ path, score, reasons }) => [
      code(path),
      score,
      reasons.map(({ text, points }) => `${plain(text)} (${points})`).join(', '),
    ]);
  return table(['File', 'Risk', 'Why (points)'], rows ?? []);
}

function hot({ hotspots }: Parts): string[] {
  const rows = hotspots?.files
    .filter(({ score }) => score > 0)
    .slice(0, 10)
    .map((file) => [
      code(file.path),
      file.score,
      file.commits,
      file.fixes,
      file.authors,
      file.lines,
      file.last.slice(0, 10),
    ]);
  const lines = table(['File', 'Score', 'Commits', 'Fixes', 'Authors', 'Lines', 'Last change'], rows ?? []);
  if (lines.length === 0 || !hotspots?.since) return lines;
  return [
    `Changes in ${counted(hotspots.commits, 'commit')} since ${hotspots.since.slice(0, 10)}, times length.`,
    '',
    ...lines,
  ];
}

function longest({ largest }: Parts): string[] {
  const rows = largest?.files
    .slice(0, 10)
    .map((file) => [code(file.path), plain(file.language), file.lines, bytesText(file.bytes)]);
  return table(['File', 'Language', 'Lines', 'Size'], rows ?? []);
}

function copies({ duplicates }: Parts): string[] {
  const rows = duplicates?.blocks.slice(0, 10).map(({ lines, places }) => [
    lines,
    places.length,
    places
      .slice(0, 4)
      .map(({ path, start, end }) => code(`${path}:${start}-${end}`))
      .join(', '),
  ]);
  return table(['Lines of code', 'Places', 'Where'], rows ?? []);
}

function notes({ todos }: Parts): string[] {
  const rows = todos?.items
    .slice(0, 15)
    .map((item) => [
      code(`${item.path}:${item.line}`),
      item.tag,
      plain(item.text.slice(0, 120)),
      item.author === null ? '' : plain(item.author),
      item.date?.slice(0, 10) ?? '',
    ]);
  return table(['Where', 'Kind', 'Note', 'By', 'Of'], rows ?? []);
}

function dependencies({ dependencies: all }: Parts): string[] {
  const rows = all?.manifests
    .slice(0, 20)
    .map((manifest) => [
      code(manifest.path),
      manifest.ecosystem,
      manifest.runtime,
      manifest.development,
      manifest.lockFile === null
        ? manifest.lockMissing
          ? '**missing**'
          : 'not needed'
        : code(manifest.lockFile),
    ]);
  return table(['Manifest', 'Ecosystem', 'Runtime', 'Development', 'Lock file'], rows ?? []);
}

function people({ history }: Parts): string[] {
  if (!history || history.commits === 0) return [];
  const rows = history.authors
    .slice(0, 10)
    .map((author) => [plain(author.name), author.commits, percent(author.share), author.last.slice(0, 10)]);
  return [
    `Commits a week since ${history.weeks[0]?.week ?? ''}: ${code(sparkline(history.weeks.map(({ commits }) => commits)))}`,
    '',
    `Half of the last year’s commits were made by ${counted(history.busFactor, 'person', 'people')} (bus factor). ${percent(history.fixShare)} of all commits are fixes, by their subjects.`,
    '',
    ...table(['Author', 'Commits', 'Share', 'Last'], rows),
  ];
}

function checks({ check }: Parts): string[] {
  const ran = check?.checks.map((one) => [
    one.name,
    one.exitCode === null ? plain(one.what) : code(one.what),
    one.ok ? 'passes' : `**${counted(one.problemCount, 'problem')}**`,
    `${one.ms} ms`,
  ]);
  const skipped = check?.skipped.map(({ name, why }) => [name, '', `not run: ${plain(why)}`, '']);
  return table(['Check', 'What was done', 'Result', 'Took'], [...(ran ?? []), ...(skipped ?? [])]);
}
