import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../support/temporal.js';
import { historiesFolder } from './record-histories.js';

const files = readdirSync(historiesFolder).filter((name) => name.endsWith('.json'));

describe('recorded histories (A20)', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(5);
  });

  // One that cannot be replayed is a change that needs a version, not a new file.
  it.each(files)('%s replays on this build', async (name) => {
    const history = historyFromJSON(JSON.parse(readFileSync(new URL(name, historiesFolder), 'utf8')));
    const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? undefined;
    await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId);
  });
});
