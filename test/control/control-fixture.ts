import { finishKill, tellWorkflow, temporalRunGateway } from '#commands';
import { workflowIdOf } from '#contracts';
import type { RunStatus, Tool } from '#contracts';
import { operatorsTemporal, startOperatorWatch } from '#operators';
import type { RunRow } from '#store';
import { createLogger } from '#telemetry';
import { startRuns, tool } from '../runs/runs-fixture.js';
import type { RunsFixture } from '../runs/runs-fixture.js';

export interface ControlFixture extends RunsFixture {
  /** As the button of the Temporal UI does it. */
  pauseNatively(runId: string, reason: string): Promise<void>;
  unpauseNatively(runId: string): Promise<void>;
  /** As the API does it, without its doors. */
  kill(runId: string): Promise<void>;
  /** The run when it has come to this; fails after that many milliseconds. */
  reaches(runId: string, status: RunStatus, withinMs: number): Promise<RunRow>;
}

/** The operator who does things in Temporal in these tests. */
export const operator = 'ada@example';

/** Runs on a real server, with the watch that follows what operators do there. */
export async function startControl(tools: readonly Tool[], address?: string): Promise<ControlFixture> {
  const runs = await startRuns(tools, undefined, address);
  const { client, store } = runs;
  const { namespace } = client.options;
  const logger = createLogger({ level: 'silent' });
  const workflows = temporalRunGateway({ client, uiUrl: null });
  const deps = { store, workflows, logger, now: Date.now };
  const watch = startOperatorWatch(
    {
      ...deps,
      temporal: operatorsTemporal(client),
      tell: (...signals) => tellWorkflow(deps, ...signals),
      terminate: workflows.terminate,
      kill: async (run) => void (await finishKill(deps, run, performance.now(), 'RUN')),
    },
    'test',
  );
  const request = { namespace, identity: operator };

  return {
    ...runs,
    async pauseNatively(runId, reason) {
      const workflowId = workflowIdOf(runId);
      await client.workflowService.pauseWorkflowExecution({ ...request, workflowId, reason });
    },
    async unpauseNatively(runId) {
      await client.workflowService.unpauseWorkflowExecution({ ...request, workflowId: workflowIdOf(runId) });
    },
    async kill(id) {
      const given = { reason: 'a test', by: 'ops' };
      await store.runs.requestStop('default', id, 'kill', given.reason, given.by);
      const run = { id, tenant: 'default', workflowId: workflowIdOf(id), askedAt: Date.now(), ...given };
      await finishKill(deps, run, performance.now(), 'RUN');
    },
    async reaches(runId, status, withinMs) {
      const until = Date.now() + withinMs;
      for (;;) {
        const row = await store.runs.get('default', runId);
        if (row?.status === status) return row;
        if (Date.now() > until)
          throw new Error(`${runId} is ${row?.status} after ${withinMs} ms, not ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close() {
      await watch.stop();
      await runs.close();
    },
  };
}

/** A tool whose calls wait until the test lets them go; they stop when they are told to. */
export interface Gate {
  readonly tool: Tool;
  /** Paths, in the order of their calls. */
  readonly begun: string[];
  /** Lets go those that wait, and all that come. */
  open(): void;
  close(): void;
  /** Resolves when so many have begun. */
  reached(calls: number): Promise<void>;
}

export function gate(name: string): Gate {
  const begun: string[] = [];
  const waiting = new Set<() => void>();
  let isOpen = false;
  return {
    begun,
    tool: tool(
      name,
      async (_, { taskPath, signal }) => {
        begun.push(taskPath);
        await new Promise<void>((resolve, reject) => {
          if (isOpen) return resolve();
          waiting.add(resolve);
          signal.addEventListener('abort', () => reject(new Error('told to stop')));
        });
        return taskPath;
      },
      'keyed',
    ),
    open() {
      isOpen = true;
      for (const letGo of waiting) letGo();
      waiting.clear();
    },
    close: () => void (isOpen = false),
    async reached(calls) {
      while (begun.length < calls) await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}
