import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { outcome, startModule } from './run-module.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-exclusively-'));
  writeFileSync(join(folder, 'count'), '0');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Reads, waits, and writes one more: without a lock the counts of others are lost. */
function counting(times: number) {
  return startModule(
    `const { exclusively } = await import(setUp + 'exclusively.mjs');
     const { readFileSync, writeFileSync } = await import('node:fs');
     const count = process.env.FOLDER + '/count';
     for (let time = 0; time < ${times}; time += 1) {
       await exclusively(process.env.FOLDER + '/lock', async () => {
         const seen = Number(readFileSync(count, 'utf8'));
         await new Promise((resolve) => setTimeout(resolve, 5));
         writeFileSync(count, String(seen + 1));
       });
     }`,
    { FOLDER: folder },
  );
}

const counted = (): number => Number(readFileSync(join(folder, 'count'), 'utf8'));

describe('exclusively', () => {
  it('lets one process at a time do the work', async () => {
    const processes = [counting(5), counting(5), counting(5)];
    expect(await Promise.all(processes.map(outcome))).toEqual([0, 0, 0]);
    expect(counted()).toBe(15);
  });

  it('takes over what a dead process left locked, even when its id lives on as another', async () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, start: 'some other start' }));
    expect(await Promise.all([counting(3), counting(3)].map(outcome))).toEqual([0, 0]);
    expect(counted()).toBe(6);
  });
});
