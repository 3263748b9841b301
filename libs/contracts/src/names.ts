/** Task queues, by the resources that their workers need. */
export const taskQueues = {
  orchestrator: 'nexus-orchestrator',
  activities: 'nexus-activities',
  sandbox: 'nexus-sandbox',
} as const;

/** Labels that a worker offers, or that a task requires of one. */
export type Labels = Readonly<Record<string, string>>;

/** The task queue of activities that need such a worker: `nexus-activities/gpu=1,zone=a`. */
export function activityQueue(requires: Labels = {}): string {
  const suffix = Object.keys(requires)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(requires[name] ?? '')}`)
    .join(',');
  return suffix === '' ? taskQueues.activities : `${taskQueues.activities}/${suffix}`;
}

/** The queues that a worker with these labels serves: one for every set of labels that a task could require. */
export function activityQueues(labels: Labels): string[] {
  const sets: Labels[] = [{}];
  for (const [name, value] of Object.entries(labels)) {
    sets.push(...sets.map((set) => ({ ...set, [name]: value })));
  }
  return sets.map((set) => activityQueue(set));
}

/** Workflow types, by which clients and parents start them. */
export const workflowTypes = {
  run: 'runWorkflow',
  agentTask: 'agentTaskWorkflow',
  rollback: 'rollbackWorkflow',
} as const;

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
