import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dependenciesInStep } from '#ops/set-up/dependencies';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nexus-dependencies-'));
  mkdirSync(join(root, 'node_modules'));
  write('package-lock.json', {
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/fsevents': { version: '2.0.0', optional: true },
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, packages: Record<string, unknown>): void {
  writeFileSync(join(root, file), JSON.stringify({ packages: { '': { name: 'nexus' }, ...packages } }));
}

describe('dependenciesInStep', () => {
  it('accepts what npm installed, without the packages of other platforms', () => {
    write('node_modules/.package-lock.json', { 'node_modules/zod': { version: '4.0.0' } });
    expect(dependenciesInStep(root)).toBe(true);
  });

  it.each([
    ['another version', { 'node_modules/zod': { version: '4.0.1' } }],
    ['a missing package', {}],
  ])('notices %s', (_, installed) => {
    write('node_modules/.package-lock.json', installed);
    expect(dependenciesInStep(root)).toBe(false);
  });

  it('notices an installation that never ended', () => {
    expect(dependenciesInStep(root)).toBe(false);
  });
});
