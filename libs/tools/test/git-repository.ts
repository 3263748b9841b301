import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A real repository to test with. */
export interface TestRepository {
  readonly folder: string;
  readonly git: (...args: string[]) => string;
  readonly write: (path: string, content: string) => void;
  /** Commits everything; gives the hash. */
  readonly commit: (message: string, by?: { author?: string; date?: string }) => string;
}

/** Makes an empty repository in a folder, or only the folder's writer when `git` is not to know it. */
export function testRepository(folder: string, init = true): TestRepository {
  mkdirSync(folder, { recursive: true });
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_COMMITTER_NAME: 'Committer',
    GIT_COMMITTER_EMAIL: 'committer@example.test',
  };
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
  if (init) git('init', '--quiet', '--initial-branch=main');
  return {
    folder,
    git,
    write: (path, content) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    },
    commit: (message, { author = 'Ada', date = '2026-01-05T10:00:00Z' } = {}) => {
      git('-c', 'advice.addEmbeddedRepo=false', 'add', '--all');
      const dated = { ...env, GIT_COMMITTER_DATE: date };
      const by = `${author} <${author.toLowerCase()}@example.test>`;
      const args = ['commit', '--quiet', '--allow-empty', '-m', message, `--author=${by}`, `--date=${date}`];
      execFileSync('git', args, { cwd: folder, env: dated });
      return git('rev-parse', 'HEAD').trim();
    },
  };
}
