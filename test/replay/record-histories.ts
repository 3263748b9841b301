import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf } from '#contracts';

/** Where histories for replay are kept: one file for each kind of run, by the build that recorded it. */
export const historiesFolder = new URL('../histories/', import.meta.url);

/** Where this checkout is says nothing about a history, and differs from machine to machine. */
const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Keeps the histories of these runs, and of all their executions, under their names. */
export async function recordHistories(client: Client, runs: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, runId] of runs) {
    const executions = client.workflow.list({ query: `WorkflowId STARTS_WITH "${workflowIdOf(runId)}"` });
    let number = 0;
    for await (const { workflowId, runId: execution } of executions) {
      const history = await client.workflow.getHandle(workflowId, execution).fetchHistory();
      const file = new URL(`${name}${number === 0 ? '' : `-${number}`}.json`, historiesFolder);
      await writeFile(file, `${historyToJSON(history).replaceAll(checkout, '')}\n`);
      number++;
    }
  }
}
