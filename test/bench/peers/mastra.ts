import type { Column, ColumnSetting } from '../columns/column.js';
import type { Steps } from '../work/step.js';
import { childCount, fanOutSteps, sequenceSteps, type Workload } from '../work/workloads.js';
import { peerPackage } from './peer-packages.js';

interface Run {
  start(options: object): Promise<{ status: string; result: unknown }>;
  restart(): Promise<unknown>;
}
interface Flow {
  then(step: object): Flow;
  parallel(steps: object[]): Flow;
  commit(): Flow;
  createRun(options: { runId: string }): Promise<Run>;
  getWorkflowRunById(id: string): Promise<{ status: string; result?: { results: string[] } } | null>;
  listActiveWorkflowRuns(): Promise<{ runs: { runId: string }[] }>;
}
interface Schema {
  optional(): Schema;
  extend(fields: object): Schema;
}
interface Zod {
  object(fields: object): Schema;
  string(): Schema;
  number(): Schema;
  boolean(): Schema;
  any(): Schema;
  array(of: Schema): Schema;
}
interface Given {
  readonly run: string;
  readonly ms?: number;
  readonly marks?: boolean;
  readonly results?: readonly string[];
}

/** Workflows with snapshots in PostgreSQL. */
export async function mastraColumn(setting: ColumnSetting, { step }: Steps): Promise<Column> {
  const { Mastra } = await peerPackage<{
    Mastra: new (options: object) => { getWorkflow(name: string): Flow };
  }>('@mastra/core');
  const { createStep, createWorkflow } = await peerPackage<{
    createStep(options: object): object;
    createWorkflow(options: object): Flow;
  }>('@mastra/core/workflows');
  const { PostgresStore } = await peerPackage<{
    PostgresStore: new (options: object) => { init(): Promise<void> };
  }>('@mastra/pg');
  const { z } = await peerPackage<{ z: Zod }>('zod');
  const given = z.object({ run: z.string(), ms: z.number().optional(), marks: z.boolean().optional() });
  const carried = given.extend({ results: z.array(z.string()).optional() });
  const one = z.object({ out: z.string() });
  const next = (i: number) =>
    createStep({
      id: `s${i}`,
      inputSchema: carried,
      outputSchema: carried,
      execute: async ({ inputData: { results = [], ...rest } }: { inputData: Given }) => ({
        ...rest,
        results: [...results, await step({ ...rest, i })],
      }),
    });
  const beside = (i: number) =>
    createStep({
      id: `p${i}`,
      inputSchema: given,
      outputSchema: one,
      execute: async ({ inputData }: { inputData: Given }) => ({ out: await step({ ...inputData, i }) }),
    });
  const join = createStep({
    id: 'join',
    inputSchema: z.any(),
    outputSchema: z.number(),
    execute: async ({ inputData }: { inputData: object }) => Object.keys(inputData).length,
  });
  const child = (i: number) =>
    createWorkflow({ id: `child${i}`, inputSchema: given, outputSchema: one })
      .then(beside(i))
      .commit();
  const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  const joined = { inputSchema: given, outputSchema: z.number() };
  const sequence = many(sequenceSteps, next)
    .reduce<Flow>(
      (flow, each) => flow.then(each),
      createWorkflow({ id: 'sequence', inputSchema: carried, outputSchema: carried }),
    )
    .commit();
  const fanOut = createWorkflow({ id: 'fanOut', ...joined })
    .parallel(many(fanOutSteps, beside))
    .then(join)
    .commit();
  const children = createWorkflow({ id: 'children', ...joined })
    .parallel(many(childCount, child) as object[])
    .then(join)
    .commit();
  const storage = new PostgresStore({ id: 'bench', connectionString: setting.databaseUrl });
  const mastra = new Mastra({ storage, workflows: { sequence, fanOut, children }, logger: false });

  async function execute(workload: Workload, id: string, inputData: object): Promise<unknown> {
    const run = await mastra.getWorkflow(workload).createRun({ runId: id });
    const { status, result } = await run.start({ inputData });
    if (status !== 'success') throw new Error(`${id} ended as ${status}`);
    return result;
  }

  return {
    start: () => storage.init(),
    run: (workload, id) => execute(workload, id, { run: id }),
    async submit(id, slow) {
      // Only this process knows of it.
      execute('sequence', id, { run: id, ...slow }).catch(() => undefined);
      return id;
    },
    async recover() {
      const flow = mastra.getWorkflow('sequence');
      const { runs } = await flow.listActiveWorkflowRuns();
      await Promise.all(runs.map(async ({ runId }) => (await flow.createRun({ runId })).restart()));
      return `own code: restarts the ${runs.length} active runs, all at once`;
    },
    async wait(id) {
      for (;;) {
        const run = await mastra.getWorkflow('sequence').getWorkflowRunById(id);
        if (!run || run.status === 'failed' || run.status === 'canceled')
          throw new Error(`${id} is ${run?.status ?? 'lost'}`);
        if (run.status === 'success') return run.result?.results ?? [];
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    stop: async () => undefined,
  };
}
