import { chownSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#contracts';
import { testRepository } from '../../test/git-repository.js';
import type { TestRepository } from '../../test/git-repository.js';
import { inTempFolder, recordingContext } from '../../test/tool-context.js';
import { createWorkspace } from '../workspace.js';
import { gitTools } from './git-tools.js';

type Run = (tool: string, input?: JsonObject) => Promise<JsonObject>;

async function inRepository(use: (repository: TestRepository, run: Run) => Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => {
    const tools = gitTools(createWorkspace([folder]));
    await use(testRepository(folder), async (name, input = {}) => {
      const tool = tools.find((candidate) => candidate.name === name);
      return (await tool?.run(input, recordingContext())) as JsonObject;
    });
  });
}

describe('git tools', () => {
  it('list commits with their facts, by path and up to a limit', async () => {
    await inRepository(async ({ write, commit }, run) => {
      write('a.txt', 'one\n');
      const first = commit('First: ünïcode\n\nbody', { author: 'Åsa', date: '2026-01-05T10:00:00Z' });
      write('b.txt', 'two\n');
      const second = commit('Second', { date: '2026-01-06T10:00:00+02:00' });
      expect(await run('git.log')).toEqual({
        commits: [
          expect.objectContaining({ hash: second, parents: [first], author: 'Ada', subject: 'Second' }),
          {
            hash: first,
            parents: [],
            author: 'Åsa',
            email: 'åsa@example.test',
            date: expect.stringContaining('2026-01-05T10:00:00'),
            subject: 'First: ünïcode',
          },
        ],
        truncated: false,
      });
      expect(await run('git.log', { limit: 1 })).toMatchObject({
        commits: [{ hash: second }],
        truncated: true,
      });
      expect(await run('git.log', { path: 'a.txt' })).toMatchObject({ commits: [{ hash: first }] });
    });
  });

  it('diff the work tree, the index and commits', async () => {
    await inRepository(async ({ write, commit, git }, run) => {
      write('a file.txt', 'one\ntwo\n');
      commit('First');
      write('a file.txt', 'one\n2\nthree\n');
      expect(await run('git.diff')).toMatchObject({
        files: [{ path: 'a file.txt', added: 2, removed: 1 }],
        diff: expect.stringContaining('+three'),
        truncated: false,
      });
      expect(await run('git.diff', { staged: true })).toMatchObject({ files: [], diff: '' });
      git('add', '-A');
      expect(await run('git.diff', { staged: true })).toMatchObject({ files: [{ added: 2 }] });
      commit('Second');
      write('blob', 'a\0b');
      commit('Third');
      const range = await run('git.diff', { from: 'HEAD~1', to: 'HEAD' });
      expect(range).toMatchObject({ files: [{ path: 'blob', added: null, removed: null }] });
      expect(await run('git.diff', { from: 'HEAD~2', to: 'HEAD', maxBytes: 20 })).toMatchObject({
        truncated: true,
      });
    });
  });

  it('tell the status, also before the first commit and detached', async () => {
    await inRepository(async ({ write, commit, git }, run) => {
      expect(await run('git.status')).toEqual({
        branch: 'main',
        head: null,
        clean: true,
        files: [],
        truncated: false,
      });
      write('new file', '');
      expect(await run('git.status')).toMatchObject({
        files: [{ path: 'new file', index: '?', workTree: '?' }],
      });
      const head = commit('First');
      expect(await run('git.status')).toMatchObject({ head, clean: true });
      write('new file', 'changed');
      git('checkout', '--quiet', '--detach');
      expect(await run('git.status')).toMatchObject({
        branch: null,
        clean: false,
        files: [{ path: 'new file', index: '.', workTree: 'M' }],
      });
    });
  });

  it('show a commit, and a file as it was', async () => {
    await inRepository(async ({ write, commit }, run) => {
      write('src/a.txt', 'old\n');
      const hash = commit('First');
      write('src/a.txt', 'new\n');
      commit('Second');
      expect(await run('git.show', { ref: hash })).toMatchObject({
        commit: { hash, subject: 'First' },
        diff: expect.stringContaining('+old'),
      });
      expect(await run('git.show', { ref: hash, path: 'src/a.txt' })).toEqual({
        path: 'src/a.txt',
        content: 'old\n',
        bytes: 4,
      });
      await expect(run('git.show', { ref: 'nothing' })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
      await expect(run('git.show', { path: 'none' })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    });
  });

  it('take no ref for an option, no path out of the repository', async () => {
    await inRepository(async ({ folder, write, commit }, run) => {
      write('a', '');
      commit('First');
      const output = join(folder, 'written');
      await expect(run('git.log', { ref: `--output=${output}` })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
      await expect(run('git.diff', { from: `--output=${output}` })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
      await expect(run('git.log', { path: '../x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(run('git.log', { repo: '..' })).rejects.toMatchObject({ code: 'SANDBOX_VIOLATION' });
      expect(await run('git.log', { path: '--all' })).toMatchObject({ commits: [] });
      expect(existsSync(output)).toBe(false);
    });
  });

  it('run no program that a repository names', async () => {
    await inRepository(async ({ folder, write, commit, git }, run) => {
      const mark = join(folder, '..', `mark-${process.pid}`);
      write('a.txt', 'one\n');
      write('b.md', 'one\n');
      commit('First');
      write('.gitattributes', '*.txt filter=evil diff=evil\n*.md filter=e=vil\n');
      const touch = `touch ${mark}`;
      for (const key of ['filter.evil.clean', 'filter.evil.smudge', 'filter.evil.process', 'core.fsmonitor'])
        git('config', key, touch);
      for (const key of [
        'diff.evil.command',
        'diff.evil.textconv',
        'diff.external',
        'core.pager',
        'gpg.program',
      ])
        git('config', key, touch);
      git('config', 'filter.e=vil.clean', touch);
      git('config', 'filter.evil.required', 'true');
      git('config', 'log.showSignature', 'true');
      write('a.txt', 'changed\n');
      write('b.md', 'two\n');
      await run('git.status');
      expect(await run('git.diff')).toMatchObject({ files: [{ path: 'a.txt' }, { path: 'b.md' }] });
      await run('git.log');
      await run('git.show');
      expect(existsSync(mark)).toBe(false);
    });
  });

  it('read a repository of another user', async () => {
    await inRepository(async ({ folder, write, commit }, run) => {
      write('a', '');
      const hash = commit('First');
      // Only root can give a folder away; without that the tool is only shown to work on one's own.
      if (process.getuid?.() === 0) chownSync(folder, 65534, 65534);
      expect(await run('git.log')).toMatchObject({ commits: [{ hash }] });
    });
  });

  it('do not look above the workspaces', async () => {
    await inTempFolder(async (folder) => {
      testRepository(folder).commit('Outside');
      testRepository(join(folder, 'inner'), false);
      const [log] = gitTools(createWorkspace([join(folder, 'inner')]));
      await expect(log?.run({}, recordingContext())).rejects.toMatchObject({
        code: 'TOOL_FAILED',
        message: expect.stringContaining('not a git repository'),
      });
    });
  });
});
