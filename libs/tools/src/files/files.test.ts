import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#contracts';
import { inTempFolder, recordingContext } from '../../test/tool-context.js';
import { createWorkspace } from '../workspace.js';
import { fileListTool } from './list.js';
import { fileReadTool } from './read.js';
import { fileWriteTool } from './write.js';

async function inWorkspace(use: (root: string, run: Run, outside: string) => Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => {
    const root = join(folder, 'work');
    await mkdir(root);
    await writeFile(join(folder, 'secret.txt'), 'secret');
    const workspace = createWorkspace([root]);
    const tools = {
      list: fileListTool(workspace),
      read: fileReadTool(workspace),
      write: fileWriteTool(workspace),
    };
    await use(root, (tool, input) => tools[tool].run(input, recordingContext()), folder);
  });
}
type Run = (tool: 'list' | 'read' | 'write', input: JsonValue) => Promise<JsonValue>;

describe('file tools', () => {
  it('write, list and read what was written; a repeat changes nothing', async () => {
    await inWorkspace(async (root, run) => {
      const first = await run('write', { path: 'a/b/hello.txt', content: 'grüß dich' });
      expect(first).toEqual(await run('write', { path: 'a/b/hello.txt', content: 'grüß dich' }));
      expect(first).toMatchObject({ path: join(root, 'a/b/hello.txt'), bytes: 11 });
      const listed = (await run('list', { path: '.' })) as { files: string[] };
      expect(listed).toEqual({ files: [join(root, 'a/b/hello.txt')], truncated: false });
      const read = await run('read', { path: listed.files[0] ?? '' });
      expect(read).toEqual({ ...(first as object), content: 'grüß dich' });
      expect(await readdir(join(root, 'a/b'))).toEqual(['hello.txt']);
    });
  });

  it('keep the mode of a file that is replaced', async () => {
    await inWorkspace(async (root, run) => {
      await writeFile(join(root, 'run.sh'), 'old', { mode: 0o750 });
      await run('write', { path: 'run.sh', content: 'new' });
      expect((await stat(join(root, 'run.sh'))).mode & 0o777).toBe(0o750);
    });
  });

  it('list by glob, sorted, without .git and node_modules, and say when the list is cut', async () => {
    await inWorkspace(async (root, run) => {
      for (const path of [
        'b.ts',
        'a/z.ts',
        'a-b/y.ts',
        '.git/config',
        'x/node_modules/p/i.ts',
        '.hidden/h.ts',
        'c.md',
      ]) {
        await run('write', { path, content: '' });
      }
      const files = ['.hidden/h.ts', 'a-b/y.ts', 'a/z.ts', 'b.ts'].map((path) => join(root, path));
      expect(await run('list', { glob: '**/*.ts' })).toEqual({ files, truncated: false });
      expect(await run('list', { glob: '**/*.ts', limit: 2 })).toMatchObject({ truncated: true });
      const kept = (await run('list', { ignore: ['a*'] })) as { files: string[] };
      expect(kept.files).toContain(join(root, '.git/config'));
      expect(kept.files).not.toContain(join(root, 'a/z.ts'));
    });
  });

  it.each([
    ['..', '../secret.txt'],
    ['an absolute path', '/etc/passwd'],
    ['a link to a file', 'link.txt'],
    ['a link to a folder', 'up/secret.txt'],
    ['a new file behind a link', 'up/new.txt'],
    ['a dangling link', 'dangling'],
  ])('refuse to leave the workspace by %s', async (_, path) => {
    await inWorkspace(async (root, run, outside) => {
      await symlink('../secret.txt', join(root, 'link.txt'));
      await symlink('..', join(root, 'up'));
      await symlink('/tmp/does-not-exist-yet', join(root, 'dangling'));
      await expect(run('read', { path })).rejects.toMatchObject({ code: 'SANDBOX_VIOLATION' });
      await expect(run('write', { path, content: 'x' })).rejects.toMatchObject({ code: 'SANDBOX_VIOLATION' });
      expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('secret');
      expect((await readdir(outside)).sort()).toEqual(['secret.txt', 'work']);
    });
  });

  it('follow a link that stays inside', async () => {
    await inWorkspace(async (root, run) => {
      await run('write', { path: 'real.txt', content: 'one' });
      await symlink('real.txt', join(root, 'alias.txt'));
      expect(await run('read', { path: 'alias.txt' })).toMatchObject({
        content: 'one',
        path: join(root, 'real.txt'),
      });
    });
  });

  it('tell what is too large, binary, not a file, not there', async () => {
    await inWorkspace(async (root, run) => {
      await writeFile(join(root, 'blob'), Buffer.from([0, 255, 1]));
      execFileSync('mkfifo', [join(root, 'pipe')]);
      await expect(run('read', { path: 'blob', maxBytes: 2 })).rejects.toMatchObject({
        code: 'OUTPUT_TOO_LARGE',
      });
      await expect(run('read', { path: 'blob' })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
      expect(await run('read', { path: 'blob', encoding: 'base64' })).toMatchObject({
        content: 'AP8B',
        bytes: 3,
      });
      await expect(run('read', { path: 'pipe' })).rejects.toThrow(/not a regular file/);
      await expect(run('read', { path: 'none' })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
      await expect(run('list', { path: 'blob' })).rejects.toThrow(/not a folder/);
      await expect(run('read', { path: 'a\0b' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(run('write', { path: 'blob/x', content: '' })).rejects.toMatchObject({
        code: 'TOOL_FAILED',
      });
    });
  });
});
