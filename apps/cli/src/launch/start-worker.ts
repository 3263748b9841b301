import { createActivities, createPlanCache, createStopList, guardModels } from '#activities';
import type { ActivityDeps } from '#activities';
import type { Labels } from '#contracts';
import { repositoryRoot } from '#ops/set-up/paths';
import { workflowBundleFile } from '#ops/set-up/workflow-bundle';
import { createActivityProvider, generateForTask } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { ToolRegistry } from '#tools';
import type { ProviderV4 } from '@ai-sdk/provider';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createNexusWorker } from '../../../worker/src/create-worker.js';
import { startWorkerBeats } from '../../../worker/src/worker-beats.js';
import type { TemporalAccess } from './temporal-access.js';

export interface WorkerParts {
  readonly temporal: TemporalAccess;
  readonly store: Store;
  readonly tools: ToolRegistry;
  readonly models: ProviderV4;
  readonly planGoal: ActivityDeps['planGoal'];
  readonly killRun: ActivityDeps['killRun'];
  readonly asksBefore: ActivityDeps['asksBefore'];
  readonly breakers: ActivityDeps['breakers'];
  readonly logger: Logger;
  readonly labels: Labels;
  /** How long work under way may take to end, in milliseconds. */
  readonly graceMs: number;
}

export interface RunningWorker {
  /** Rejects when the worker fails. */
  readonly failed: Promise<never>;
  readonly stop: () => Promise<void>;
}

/** A worker for everything, in this process. */
export async function startWorker(parts: WorkerParts): Promise<RunningWorker> {
  const { temporal, store, tools, models, planGoal, killRun, asksBefore, breakers, logger, labels, graceMs } =
    parts;
  const identity = `${process.pid}@${hostname()}`;
  const stops = createStopList(store, (message) => logger.warn(message));
  const draining = new AbortController();
  const activities = createActivities({
    store,
    tools,
    stops,
    planGoal,
    killRun,
    asksBefore,
    breakers,
    plans: createPlanCache(store),
    model: (call, context) => generateForTask(models, context, call as never),
    isWorkflowOpen: (workflowId) => isOpen(temporal.client, workflowId),
    worker: identity,
    draining: draining.signal,
  });
  const worker = await createNexusWorker({
    connection: temporal.workerConnection,
    namespace: temporal.namespace,
    identity,
    activities,
    workflowBundle: { codePath: join(repositoryRoot, workflowBundleFile) },
    labels,
    modelProvider: guardModels(createActivityProvider(models), stops),
    shutdownGraceMs: graceMs,
  });
  const running = worker.run();
  const beats = startWorkerBeats(store.workers, { id: identity, labels, queues: worker.queues }, (message) =>
    logger.warn(message),
  );
  const failed = new Promise<never>((_resolve, reject) => void running.catch(reject));
  // Whoever waits for it is told; when nobody does, that is no fault of this process.
  failed.catch(() => undefined);
  return {
    failed,
    stop: async () => {
      draining.abort();
      worker.shutdown();
      try {
        await running;
      } finally {
        await beats.stop();
      }
      stops.close();
    },
  };
}

async function isOpen(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
