import type { Column, ColumnSetting } from '../columns/column.js';
import type { StepInput, Steps } from '../work/step.js';
import { childCount, fanOutSteps, sequenceSteps } from '../work/workloads.js';
import { peerPackage } from './peer-packages.js';

interface Handle<T> {
  getResult(): Promise<T>;
}
type Flow<T> = (input: never) => Promise<T>;
interface Dbos {
  registerWorkflow<T>(flow: Flow<T>, options: { name: string }): Flow<T>;
  runStep<T>(step: () => Promise<T>, options: { name: string }): Promise<T>;
  startWorkflow<T>(flow: Flow<T>, options: { workflowID: string }): (input: object) => Promise<Handle<T>>;
  retrieveWorkflow<T>(id: string): Handle<T>;
  setConfig(config: object): void;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Workflows and steps as its documentation shows them; its system database is the column's. */
export async function dbosColumn(setting: ColumnSetting, { step }: Steps): Promise<Column> {
  const { DBOS } = await peerPackage<{ DBOS: Dbos }>('@dbos-inc/dbos-sdk');
  type Given = Omit<StepInput, 'i'>;
  const once = (input: StepInput) => DBOS.runStep(() => step(input), { name: `step-${input.i}` });
  const sequence = async (given: Given) => {
    const results: string[] = [];
    for (let i = 0; i < sequenceSteps; i++) results.push(await once({ ...given, i }));
    return { results };
  };
  const fanOut = async (given: Given) =>
    (await Promise.all(Array.from({ length: fanOutSteps }, (_, i) => once({ ...given, i })))).length;
  const oneStep = DBOS.registerWorkflow<string>((given: StepInput) => once(given), { name: 'oneStep' });
  const children = async (given: Given) => {
    const handles: Handle<string>[] = [];
    for (let i = 0; i < childCount; i++)
      handles.push(await DBOS.startWorkflow(oneStep, { workflowID: `${given.run}-c${i}` })({ ...given, i }));
    return (await Promise.all(handles.map((handle) => handle.getResult()))).length;
  };
  const flows = {
    sequence: DBOS.registerWorkflow<unknown>(sequence, { name: 'sequence' }),
    fanOut: DBOS.registerWorkflow<unknown>(fanOut, { name: 'fanOut' }),
    children: DBOS.registerWorkflow<unknown>(children, { name: 'children' }),
  };
  return {
    async start() {
      DBOS.setConfig({
        name: 'bench',
        systemDatabaseUrl: setting.databaseUrl,
        logLevel: 'error',
        applicationVersion: '1',
      });
      await DBOS.launch();
    },
    run: async (workload, id) =>
      (await DBOS.startWorkflow(flows[workload], { workflowID: id })({ run: id })).getResult(),
    async submit(id, slow) {
      await DBOS.startWorkflow(flows.sequence, { workflowID: id })({ run: id, ...slow });
      return id;
    },
    recover: async () => 'nothing',
    wait: async (id) => (await DBOS.retrieveWorkflow<{ results: string[] }>(id).getResult()).results,
    stop: () => DBOS.shutdown(),
  };
}
