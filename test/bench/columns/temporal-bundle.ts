import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const silent = (): void => undefined;

/** Bundles the workflows of the bare Temporal columns once, so that no application holds the bundler in memory. */
export async function writeTemporalBundle(folder: string): Promise<string> {
  const workflowsPath = fileURLToPath(import.meta.url).replace(
    /temporal-bundle(\.[jt]s)$/,
    'temporal-workflows$1',
  );
  const logger = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger });
  const file = join(folder, 'temporal-workflows.bundle.js');
  writeFileSync(file, code);
  return file;
}
