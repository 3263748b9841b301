import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporal } from '#ops/temporal/binaries';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import type { RunStatus } from '#contracts';
import type { Browser } from 'puppeteer-core';
import { startEmbeddedTemporal } from '../../apps/cli/src/embedded/start-temporal.js';
import type { EmbeddedTemporal } from '../../apps/cli/src/embedded/start-temporal.js';
import { until } from '../e2e/until.js';
import { openBrowser } from '../support/browser.js';
import { gate, startControl } from './control-fixture.js';
import type { ControlFixture } from './control-fixture.js';
import { openRun } from './temporal-ui-page.js';
import type { RunPage } from './temporal-ui-page.js';

const home = mkdtempSync(join(tmpdir(), 'nexus-ui-'));
const work = gate('work');
let temporal: EmbeddedTemporal;
let runs: ControlFixture;
let browser: Browser;
beforeAll(async () => {
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) throw new Error('no Temporal server on this machine: npm test builds one');
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  temporal = await startEmbeddedTemporal({ home, temporalPort: 0, uiPort: 0, binaries, log });
  [runs, browser] = await Promise.all([startControl([work.tool], temporal.address), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await runs?.close();
  await temporal?.stop();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  work.begun.length = 0;
  work.close();
});
afterEach(() => work.open());

const step = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'work', needs });
const tree = {
  grain: 'task',
  tasks: [
    step('a'),
    step('b', 'a'),
    { id: 'sub', kind: 'plan', plan: { grain: 'task', tasks: [step('c'), step('d', 'c')] } },
  ],
};

/** A run whose first steps are under way, in the browser. */
async function shownRun(): Promise<{ runId: string; page: RunPage }> {
  const runId = await runs.start(tree);
  await work.reached(2);
  const page = await openRun(browser, temporal.uiUrl ?? '', runs.client.options.namespace, runId);
  return { runId, page };
}

/** What runs ends; time passes; nothing has begun meanwhile. */
async function nothingRuns(): Promise<void> {
  work.open();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect([...work.begun].sort()).toEqual(['a', 'sub/c']);
}

/** The form's list may take the option beside, when it is filled while it is open: a person sees that, and does it again. */
async function untilSeen(status: RunStatus, runId: string, signal: () => Promise<void>): Promise<void> {
  await until(`a signal has made it ${status}`, async () => {
    await signal();
    return runs.reaches(runId, status, 5_000).catch(() => undefined);
  });
}

const pausesOf = (runId: string) => runs.store.pauses.of('default', runId);

describe('the Temporal UI, in a browser (A10)', () => {
  it('pauses a run by its button, and lets it go on by the same', async () => {
    const { runId, page } = await shownRun();
    await page.pause('looks wrong');
    await runs.reaches(runId, 'PAUSED', 5_000);
    expect(await pausesOf(runId)).toMatchObject([{ source: 'TEMPORAL', reason: 'looks wrong' }]);
    await page.shows('Paused');
    await nothingRuns();
    await page.unpause();
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect([...work.begun].sort()).toEqual(['a', 'b', 'sub/c', 'sub/d']);
  });

  it('pauses and resumes a run by the signals of its form', async () => {
    const { runId, page } = await shownRun();
    await untilSeen('PAUSED', runId, () => page.signal('pause', 'for lunch'));
    expect(await pausesOf(runId)).toMatchObject([{ source: 'SIGNAL', reason: 'for lunch' }]);
    await nothingRuns();
    await untilSeen('SUCCEEDED', runId, () => page.signal('resume'));
    expect(await pausesOf(runId)).toEqual([]);
  });
});
