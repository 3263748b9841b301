import { access, chmod, mkdir, readFile, rmdir, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonValue, Tool, Undo } from '#contracts';
import { inTempFolder, recordingContext } from '../../test/tool-context.js';
import { createToolRegistry } from '../registry.js';
import { createWorkspace } from '../workspace.js';
import { fileDeleteTool } from './delete.js';
import { fileMoveTool } from './move.js';
import { fileWriteTool } from './write.js';

interface Call {
  /** Prepares, then does it; gives how to undo it. */
  readonly make: (tool: string, input: JsonValue) => Promise<() => Promise<JsonValue>>;
  readonly run: (tool: string, input: JsonValue) => Promise<JsonValue>;
  readonly undoOf: (tool: string) => Undo;
  readonly at: (path: string) => string;
  /** The content of a file, or null where none is. */
  readonly read: (path: string) => Promise<string | null>;
  readonly write: (path: string, content: string) => Promise<void>;
}

async function inWorkspace(use: (call: Call) => Promise<void>): Promise<void> {
  await inTempFolder(async (root) => {
    const workspace = createWorkspace([root]);
    const tools = [fileWriteTool(workspace), fileMoveTool(workspace), fileDeleteTool(workspace)];
    const registry = createToolRegistry(tools);
    const tool = (name: string): Tool => registry.get(`file.${name}`) as Tool;
    const undoOf = (name: string): Undo => tool(name).undo as Undo;
    const run = async (name: string, input: JsonValue) => await tool(name).run(input, recordingContext());
    const at = (path: string): string => join(root, path);
    await use({
      run,
      undoOf,
      at,
      make: async (name, input) => {
        const undo = undoOf(name);
        const kept = await undo.prepare(input, recordingContext());
        await run(name, input);
        // As the store keeps it.
        const text = JSON.stringify(kept);
        return async () => await undo.run(JSON.parse(text) as JsonValue, recordingContext());
      },
      read: async (path) => await readFile(at(path), 'utf8').catch(() => null),
      write: async (path, content) => await writeFile(at(path), content),
    });
  });
}

const isThere = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );
const refusal = { code: 'TOOL_FAILED', failure: { retryable: false } };

describe('undoing file.write (A12)', () => {
  it('brings back what was there, mode and all, and is done once', async () => {
    await inWorkspace(async ({ make, read, write, at }) => {
      await write('a.sh', 'old');
      await chmod(at('a.sh'), 0o750);
      const undo = await make('write', { path: 'a.sh', content: 'new' });
      await chmod(at('a.sh'), 0o600);
      expect(await read('a.sh')).toBe('new');
      expect(await undo()).toEqual({ path: at('a.sh'), changed: true });
      expect(await read('a.sh')).toBe('old');
      expect((await stat(at('a.sh'))).mode & 0o777).toBe(0o750);
      expect(await undo()).toEqual({ path: at('a.sh'), changed: false });
    });
  });

  it('removes what was not there, with the folders that were made for it, unless they are in use', async () => {
    await inWorkspace(async ({ make, read, write, at }) => {
      const one = await make('write', { path: 'a/b/one', content: 'AP8B', encoding: 'base64' });
      const two = await make('write', { path: 'a/b/two', content: '2' });
      await write('a/mine', 'mine');
      await two();
      expect(await isThere(at('a/b/one'))).toBe(true);
      await one();
      expect(await isThere(at('a/b'))).toBe(false);
      expect(await read('a/mine')).toBe('mine');
    });
  });

  it('does nothing where the write never happened', async () => {
    await inWorkspace(async ({ undoOf, read, write }) => {
      await write('a', 'old');
      for (const path of ['a', 'b']) {
        const kept = await undoOf('write').prepare({ path, content: 'new' }, recordingContext());
        expect(await undoOf('write').run(kept, recordingContext())).toMatchObject({ changed: false });
      }
      expect([await read('a'), await read('b')]).toEqual(['old', null]);
    });
  });

  it('refuses where somebody has changed or deleted the file since', async () => {
    await inWorkspace(async ({ make, read, write, at }) => {
      await write('a', 'old');
      const undo = await make('write', { path: 'a', content: 'new' });
      await write('a', 'mine');
      await expect(undo()).rejects.toMatchObject(refusal);
      await expect(undo()).rejects.toThrow(/somebody has changed it since/);
      expect(await read('a')).toBe('mine');
      await unlink(at('a'));
      await expect(undo()).rejects.toThrow(/nothing is there any more/);
    });
  });

  it('takes two writes back one after the other', async () => {
    await inWorkspace(async ({ make, read }) => {
      const first = await make('write', { path: 'a', content: '1' });
      const second = await make('write', { path: 'a', content: '2' });
      await expect(first()).rejects.toMatchObject(refusal);
      await second();
      expect(await read('a')).toBe('1');
      await first();
      expect(await read('a')).toBeNull();
    });
  });

  it('says what it cannot bring back: files that are too large, and places that lead elsewhere', async () => {
    await inWorkspace(async ({ make, write, at }) => {
      await writeFile(at('big'), Buffer.alloc(16 * 1024 * 1024 + 1));
      const undo = await make('write', { path: 'big', content: 'small' });
      await expect(undo()).rejects.toThrow(/16777217 bytes.* was too large to be kept/);
      const other = await make('write', { path: 'file', content: 'x' });
      await unlink(at('file'));
      await write('real', 'x');
      await symlink('real', at('file'));
      await expect(other()).rejects.toThrow(/leads elsewhere/);
    });
  });
});

describe('undoing file.delete (A12)', () => {
  it('brings the file back, with its folders, once', async () => {
    await inWorkspace(async ({ make, run, read, write, at }) => {
      await mkdir(at('a'));
      await write('a/b', 'old');
      await chmod(at('a/b'), 0o640);
      const undo = await make('delete', { path: 'a/b' });
      expect(await read('a/b')).toBeNull();
      expect(await run('delete', { path: 'a/b' })).toEqual({ path: at('a/b'), deleted: false });
      await rmdir(at('a'));
      expect(await undo()).toMatchObject({ changed: true });
      expect(await read('a/b')).toBe('old');
      expect((await stat(at('a/b'))).mode & 0o777).toBe(0o640);
      expect(await undo()).toMatchObject({ changed: false });
    });
  });

  it('leaves alone what somebody has put there since, and what it did not delete', async () => {
    await inWorkspace(async ({ make, read, write }) => {
      await write('a', 'old');
      const undo = await make('delete', { path: 'a' });
      await write('a', 'mine');
      await expect(undo()).rejects.toMatchObject(refusal);
      const nothing = await make('delete', { path: 'b' });
      await write('b', 'mine');
      expect(await nothing()).toMatchObject({ changed: false });
      expect([await read('a'), await read('b')]).toEqual(['mine', 'mine']);
    });
  });
});

describe('undoing file.move (A12)', () => {
  it('moves the file back, what it replaced included, once', async () => {
    await inWorkspace(async ({ make, read, write }) => {
      await write('a', '1');
      const undo = await make('move', { from: 'a', to: 'x/y/b' });
      expect([await read('a'), await read('x/y/b')]).toEqual([null, '1']);
      expect(await undo()).toMatchObject({ changed: true });
      expect([await read('a'), await read('x')]).toEqual(['1', null]);
      expect(await undo()).toMatchObject({ changed: false });

      await write('b', '2');
      const both = await make('move', { from: 'a', to: 'b', overwrite: true });
      expect([await read('a'), await read('b')]).toEqual([null, '1']);
      await both();
      expect([await read('a'), await read('b')]).toEqual(['1', '2']);
    });
  });

  it('goes on from wherever a crash has left the two places', async () => {
    for (const over of [null, '2']) {
      for (const left of [
        ['1', '1'],
        ['1', null],
        [null, '1'],
        ['1', over],
      ] as const) {
        await inWorkspace(async ({ make, read, write, at }) => {
          await write('a', '1');
          if (over !== null) await write('b', over);
          const undo = await make('move', { from: 'a', to: 'b', overwrite: true });
          for (const [index, path] of ['a', 'b'].entries()) {
            const content = left[index] ?? null;
            if (content === null) await unlink(at(path)).catch(() => undefined);
            else await write(path, content);
          }
          await undo();
          expect([left, await read('a'), await read('b')]).toEqual([left, '1', over]);
        });
      }
    }
  });

  it('refuses where either place was changed since, or the file is gone', async () => {
    const found = [
      ['mine', '1'],
      [null, 'mine'],
      ['1', 'mine'],
      [null, null],
    ] as const;
    for (const left of found) {
      await inWorkspace(async ({ make, read, write, at }) => {
        await write('a', '1');
        const undo = await make('move', { from: 'a', to: 'b' });
        for (const [index, path] of ['a', 'b'].entries()) {
          const content = left[index] ?? null;
          if (content === null) await unlink(at(path)).catch(() => undefined);
          else await write(path, content);
        }
        await expect(undo()).rejects.toMatchObject(refusal);
        expect([await read('a'), await read('b')]).toEqual(left);
      });
    }
  });
});

describe('file.move and file.delete', () => {
  it('come to the same when they are repeated', async () => {
    await inWorkspace(async ({ run, read, write, at }) => {
      await write('a', '1');
      expect(await run('move', { from: 'a', to: 'b' })).toEqual({ from: at('a'), to: at('b'), moved: true });
      expect(await run('move', { from: 'a', to: 'b' })).toMatchObject({ moved: false });
      expect(await run('move', { from: 'b', to: 'b' })).toMatchObject({ moved: false });
      await write('a', '1');
      expect(await run('move', { from: 'a', to: 'b' })).toMatchObject({ moved: true });
      expect([await read('a'), await read('b')]).toEqual([null, '1']);
    });
  });

  it('refuse what they are not for, and know that nothing was done', async () => {
    await inWorkspace(async ({ run, read, write, at }) => {
      await mkdir(at('folder'));
      await write('a', '1');
      await write('b', '2');
      await symlink('a', at('link'));
      const refused = [
        ['move', { from: 'none', to: 'new' }, /no such file/],
        ['move', { from: 'a', to: 'b' }, /is there already/],
        ['move', { from: 'folder', to: 'new' }, /not a regular file/],
        ['move', { from: 'a', to: 'folder' }, /not a regular file/],
        ['move', { from: 'link', to: 'new' }, /is a link/],
        ['move', { from: 'a', to: '../a' }, /outside/],
        ['move', { from: 'a', to: 'b/c' }, /ENOTDIR|not a directory/],
        ['delete', { path: 'folder' }, /not a regular file/],
        ['delete', { path: 'link' }, /is a link/],
        ['delete', { path: '../x' }, /outside/],
        ['delete', {}, /path/],
        ['write', { path: 'folder', content: '' }, /not a regular file/],
        ['write', { path: 'a/b', content: '' }, /ENOTDIR|EEXIST|not a directory/],
      ] as const;
      for (const [tool, input, message] of refused) {
        const done = run(tool, input);
        await expect(done).rejects.toThrow(message);
        await expect(done).rejects.toMatchObject({ failure: { noEffect: true } });
      }
      expect([await read('a'), await read('b')]).toEqual(['1', '2']);
      expect(await isThere(at('folder'))).toBe(true);
    });
  });
});
