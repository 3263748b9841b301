import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { StepInput, Steps } from '../work/step.js';
import type { Workload } from '../work/workloads.js';
import type { Column, ColumnSetting } from './column.js';
import type { Mode } from './temporal-workflows.js';

/**
 * - `default`: one activity a step, everything as the SDK has it
 * - `tuned`: the same with more slots and pollers
 * - `local`: one local activity a step
 * - `beating`: one activity a step with heartbeats and a short sticky time-out, so that a crash is noticed soon
 */
const variants: Readonly<Record<string, { mode: Mode; worker: Partial<WorkerOptions> }>> = {
  default: { mode: 'ordinary', worker: {} },
  local: { mode: 'local', worker: {} },
  tuned: {
    mode: 'ordinary',
    worker: {
      maxConcurrentWorkflowTaskExecutions: 100,
      maxConcurrentActivityTaskExecutions: 200,
      maxConcurrentWorkflowTaskPolls: 10,
      maxConcurrentActivityTaskPolls: 10,
    },
  },
  beating: {
    mode: 'beating',
    worker: {
      stickyQueueScheduleToStartTimeout: '2s',
      maxHeartbeatThrottleInterval: '500ms',
      defaultHeartbeatThrottleInterval: '500ms',
    },
  },
};

/** Temporal by itself: workflows and activities as its documentation shows them, nothing kept beside it. */
export async function temporalColumn(
  setting: ColumnSetting,
  { step }: Steps,
  variant: string,
): Promise<Column> {
  const { mode, worker: options } = variants[variant] ?? unknownVariant(variant);
  const { temporalAddress: address } = setting;
  const taskQueue = `bench-${variant}`;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const nativeConnection = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle: { codePath: setting.temporalBundle },
    activities: { step, beatingStep: beating(step) },
    ...options,
  });
  let running: Promise<void> | undefined;
  const last = new Map<Workload, string>();
  const given = (run: string, more: object = {}) => ({
    taskQueue,
    workflowId: run,
    args: [{ run, mode, ...more }],
  });

  return {
    async start() {
      running = worker.run();
    },
    run(workload, id) {
      last.set(workload, id);
      return client.workflow.execute(workload, given(id));
    },
    async submit(id, slow) {
      await client.workflow.start('sequence', given(id, slow));
      return id;
    },
    recover: async () => 'nothing',
    wait: async (name) =>
      ((await client.workflow.getHandle(name).result()) as { results: unknown[] }).results,
    async events(workload) {
      const root = last.get(workload) ?? '';
      const ids =
        workload === 'children' ? [root, ...Array.from({ length: 10 }, (_, i) => `${root}-${i}`)] : [root];
      const histories = ids.map(
        async (id) => (await client.workflow.getHandle(id).fetchHistory()).events?.length ?? 0,
      );
      return (await Promise.all(histories)).reduce((sum, events) => sum + events, 0);
    },
    async stop() {
      worker.shutdown();
      await running;
      await nativeConnection.close();
      await connection.close();
    },
  };
}

function beating(step: Steps['step']) {
  return async (input: StepInput): Promise<string> => {
    const { heartbeat } = Context.current();
    const beat = setInterval(() => heartbeat(), 500);
    try {
      return await step(input);
    } finally {
      clearInterval(beat);
    }
  };
}

function unknownVariant(variant: string): never {
  throw new Error(`temporal has no variant ${variant}; it has ${Object.keys(variants).join(', ')}`);
}
