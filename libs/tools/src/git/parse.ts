/** A commit as `git.log` shows it. */
export type Commit = {
  hash: string;
  parents: string[];
  author: string;
  email: string;
  date: string;
  subject: string;
};

/** One record a commit, ended by NUL; its fields are parted by the unit separator. */
export const commitFormat = '%H%x1f%P%x1f%aN%x1f%aE%x1f%aI%x1f%s';

/** Reads the output of `git log -z --format=<commitFormat>`. */
export function parseCommits(text: string): Commit[] {
  return text
    .split('\0')
    .map((record) => record.split('\x1f'))
    .filter((fields) => fields.length >= 6)
    .map(([hash = '', parents = '', author = '', email = '', date = '', ...subject]) => ({
      hash: hash.trim(),
      parents: parents === '' ? [] : parents.split(' '),
      author,
      email,
      date,
      subject: subject.join(' '),
    }));
}

export type ChangedFile = { path: string; added: number | null; removed: number | null };

/** Reads `--numstat -z --no-renames`; binary files have no line counts. */
export function parseNumstat(text: string): ChangedFile[] {
  return text
    .split('\0')
    .map((record) => /^\n?(-|\d+)\t(-|\d+)\t([^]+)$/.exec(record))
    .filter((match) => match !== null)
    .map(([, added = '', removed = '', path = '']) => ({
      path,
      added: count(added),
      removed: count(removed),
    }));
}

function count(text: string): number | null {
  return text === '-' ? null : Number(text);
}

export type StatusEntry = { path: string; index: string; workTree: string };
export type Status = { branch: string | null; head: string | null; files: StatusEntry[] };

/** Reads `git status --porcelain=v2 --branch -z --no-renames`. */
export function parseStatus(text: string): Status {
  const status: Status = { branch: null, head: null, files: [] };
  for (const record of text.split('\0')) {
    const [kind, ...rest] = record.split(' ');
    if (kind === '#' && rest[0] === 'branch.head')
      status.branch = rest[1] === '(detached)' ? null : (rest[1] ?? null);
    else if (kind === '#' && rest[0] === 'branch.oid')
      status.head = rest[1] === '(initial)' ? null : (rest[1] ?? null);
    else if (kind === '1') status.files.push(entry(rest[0], rest.slice(7)));
    else if (kind === 'u') status.files.push(entry(rest[0], rest.slice(9)));
    else if (kind === '?') status.files.push({ path: rest.join(' '), index: '?', workTree: '?' });
  }
  return status;
}

function entry(states = '..', path: readonly string[]): StatusEntry {
  return { path: path.join(' '), index: states[0] ?? '.', workTree: states[1] ?? '.' };
}
