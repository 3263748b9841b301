/** Task queues, by the resources that their workers need. */
export const taskQueues = {
  orchestrator: 'nexus-orchestrator',
  activities: 'nexus-activities',
  sandbox: 'nexus-sandbox',
} as const;

/** Workflow types, by which clients and parents start them. */
export const workflowTypes = { run: 'runWorkflow', agentTask: 'agentTaskWorkflow' } as const;

export const searchAttributes = {
  runId: 'NexusRunId',
  tenant: 'NexusTenant',
  status: 'NexusStatus',
  costUsd: 'NexusCostUsd',
} as const;

/** The tenant of a server that knows no others. */
export const defaultTenant = 'default';

/** The workflow ID of a run, or of the child that runs one of its tasks. */
export function workflowIdOf(runId: string, path = ''): string {
  return path === '' ? `run/${runId}` : `run/${runId}/${path}`;
}

/** A path below a container: `inner('decide', 'explain')` is `decide/explain`. */
export function innerPath(container: string, id: string): string {
  return container === '' ? id : `${container}/${id}`;
}
