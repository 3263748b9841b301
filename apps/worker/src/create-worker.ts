import type { ProviderV4 } from '@ai-sdk/provider';
import { AiSdkPlugin } from '@temporalio/ai-sdk';
import type { InjectedSinks, NativeConnection, WorkerOptions } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { activityQueues, taskQueues } from '#contracts';
import type { Labels } from '#contracts';
import { failpoint } from '#failpoints';
import type { CrashPlaces } from '#workflows';

export interface WorkerDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Shown in Temporal and in attempts. */
  readonly identity: string;
  /** All activities, as `createActivities` makes them. */
  readonly activities: object;
  /** The built bundle of all workflows. */
  readonly workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  /** What tasks may require of it: it serves the queue of every set of these. */
  readonly labels?: Labels | undefined;
  /** Serves the model calls of agents. */
  readonly modelProvider: ProviderV4;
  /** How long work under way may take to end when the worker is shut down, in milliseconds. */
  readonly shutdownGraceMs?: number | undefined;
}

export interface NexusWorker {
  /** The task queues that it serves. */
  readonly queues: readonly string[];
  /** Works until it is shut down; fails when a worker does. */
  run(): Promise<void>;
  /** Takes no more work; what is under way ends, or is cut when the grace is over. */
  shutdown(): void;
}

/** Workflows have no process that they could end. */
const sinks: InjectedSinks<CrashPlaces> = {
  crashPlaces: { pass: { fn: (_workflow, place) => failpoint(place), callDuringReplay: false } },
};

/** One worker for workflows and what they do by themselves, one for each queue of tasks' activities. */
export async function createNexusWorker(deps: WorkerDeps): Promise<NexusWorker> {
  const { connection, namespace, identity, activities, workflowBundle } = deps;
  const shared = {
    connection,
    namespace,
    identity,
    activities,
    maxConcurrentActivityTaskExecutions: 200,
    maxHeartbeatThrottleInterval: 500,
    defaultHeartbeatThrottleInterval: 500,
    shutdownGraceTime: deps.shutdownGraceMs ?? 10_000,
  };
  const queues = activityQueues(deps.labels ?? {});
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: taskQueues.orchestrator,
      workflowBundle,
      sinks,
      plugins: [new AiSdkPlugin({ modelProvider: deps.modelProvider })],
      maxConcurrentWorkflowTaskExecutions: 100,
      maxConcurrentLocalActivityExecutions: 200,
      // After a crash the workflow's next task waits this long for the worker that is gone.
      stickyQueueScheduleToStartTimeout: 1_000,
    }),
    ...queues.map((taskQueue) => Worker.create({ ...shared, taskQueue })),
  ]);
  return {
    queues: [taskQueues.orchestrator, ...queues],
    async run() {
      await Promise.all(workers.map((worker) => worker.run()));
    },
    shutdown() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
