import { repositoryRoot } from './paths.mjs';
import { workflowBundleFile, writeWorkflowBundle } from './workflow-bundle.mjs';

const bytes = await writeWorkflowBundle(repositoryRoot);
console.log(
  bytes === undefined
    ? 'no workflows to bundle yet'
    : `${workflowBundleFile}: ${(bytes / 1024 / 1024).toFixed(2)} MiB`,
);
