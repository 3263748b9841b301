import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '#ops/set-up/paths';
import { armFailpoint, failpoint } from './failpoint.js';

afterEach(() => armFailpoint());

function hitTwice(arm: string): { signal: string | null; stderr: string; stdout: string } {
  const module = join(repositoryRoot, 'libs/failpoints/src/failpoint.ts');
  const script = `import { armFailpoint, failpoint } from '${module}';
    armFailpoint(${arm});
    failpoint('record.after'); console.log('one'); failpoint('record.after'); console.log('two');`;
  const args = [
    '--import',
    join(repositoryRoot, 'test/support/source-loader.mjs'),
    '--input-type=module',
    '-e',
    script,
  ];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
}

describe('a failpoint', () => {
  it('ends the process at the hit that is asked for, saying so, and not before (A8)', () => {
    const { signal, stdout, stderr } = hitTwice(`{ name: 'record.after', hit: 2 }`);
    expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: 'one\n' });
    expect(stderr).toContain('failpoint record.after: this process ends itself');
  });

  it('does nothing when another one is armed', () => {
    expect(hitTwice(`{ name: 'record.before', hit: 1 }`)).toMatchObject({
      signal: null,
      stdout: 'one\ntwo\n',
    });
  });

  it('counts from the signal on, where that is asked for', () => {
    const waiting = `{ name: 'record.after', hit: 1, onSignal: true }`;
    expect(hitTwice(waiting)).toMatchObject({ signal: null, stdout: 'one\ntwo\n' });
    const signalled = `${waiting}); process.emit('SIGUSR2'`;
    expect(hitTwice(signalled)).toMatchObject({ signal: 'SIGKILL', stdout: '' });
  });

  it('does nothing when none is armed', () => {
    expect(() => failpoint('record.after')).not.toThrow();
  });
});
