import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inTempFolder } from '../test/tool-context.js';
import { loadToolFolder } from './tool-folder.js';

// Real processes, on machines that may be busy.
jest.setTimeout(30_000);

const good = (name: string): string =>
  `{ name: '${name}', description: 'Does it', inputSchema: { type: 'object' }, effect: 'none', expectedMs: 1, run: async () => 1 }`;

describe('loadToolFolder', () => {
  it('takes tool, tools and default exports of .mjs and .js, and skips tests', async () => {
    await inTempFolder(async (folder) => {
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
      await writeFile(join(folder, 'a.mjs'), `export const tool = ${good('team.a')}; export default tool;`);
      await writeFile(join(folder, 'b.js'), `export const tools = [${good('team.b')}, ${good('team.c')}];`);
      await writeFile(join(folder, 'c.mjs'), `export default ${good('team.d')};`);
      await writeFile(join(folder, 'c.test.mjs'), `throw new Error('a test was loaded')`);
      const tools = await loadToolFolder(folder);
      expect(tools.map((tool) => tool.name)).toEqual(['team.a', 'team.b', 'team.c', 'team.d']);
    });
  });

  it('names every fault of every module at once', async () => {
    await inTempFolder(async (folder) => {
      await writeFile(
        join(folder, 'a.mjs'),
        `export const tool = { name: '1 bad', effect: 'maybe', undo: { run() {} }, breaker: true, inputSchema: { type: 'strin' } };`,
      );
      await writeFile(join(folder, 'b.mjs'), `export const other = 1;`);
      await writeFile(join(folder, 'c.mjs'), `throw new Error('no such key');`);
      await writeFile(
        join(folder, 'd.mjs'),
        `export const tools = [${good('twice')}, ${good('twice')}, null];`,
      );
      await writeFile(join(folder, 'e.mjs'), `export default ${good('same')};`);
      await writeFile(join(folder, 'f.mjs'), `export default ${good('same')};`);
      const error = (await loadToolFolder(folder).catch((thrown: unknown) => thrown)) as Error;
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
      for (const part of [
        'a.mjs: tool.name: must be a name',
        'a.mjs: tool.description: must say',
        'a.mjs: tool.effect: must be one of none, keyed',
        'a.mjs: tool.expectedMs:',
        'a.mjs: tool.run:',
        'a.mjs: tool.undo: must have the functions prepare',
        'a.mjs: tool.breaker: must be an object',
        'a.mjs: tool.inputSchema: schema is invalid',
        'b.mjs: exports no tool',
        'c.mjs: cannot be loaded: no such key',
        'd.mjs: tools[2]: must be a tool',
        `f.mjs: same is already defined by ${join(folder, 'e.mjs')}`,
      ]) {
        expect(error.message).toContain(part);
      }
    });
  });

  it('says when the folder is not there', async () => {
    await expect(loadToolFolder('/nonexistent/tools')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('loads TypeScript by the type stripping of Node', async () => {
    await inTempFolder(async (folder) => {
      await writeFile(join(folder, 'typed.ts'), `const n: number = 1; export default ${good('team.typed')};`);
      const loader = `
        import { loadToolFolder } from ${JSON.stringify(join(process.cwd(), 'libs/tools/src/tool-folder.ts'))};
        console.log((await loadToolFolder(${JSON.stringify(folder)})).map((tool) => tool.name).join());`;
      await mkdir(join(folder, 'hooks'));
      await writeFile(
        join(folder, 'hooks', 'hooks.mjs'),
        `
        import { registerHooks } from 'node:module';
        registerHooks({ resolve: (name, context, next) =>
          next(name.startsWith('.') && !context.parentURL.includes('node_modules') ? name.replace(/\\.js$/, '.ts') : name, context) });`,
      );
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          '-C',
          'nexus-source',
          '--import',
          join(folder, 'hooks', 'hooks.mjs'),
          '--input-type=module',
          '-e',
          loader,
        ],
        { cwd: process.cwd() },
      );
      expect(stdout.trim()).toBe('team.typed');
    });
  });
});
