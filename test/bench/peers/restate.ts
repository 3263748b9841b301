import type { Column, ColumnSetting } from '../columns/column.js';
import type { StepInput, Steps } from '../work/step.js';
import { childCount, fanOutSteps, sequenceSteps, type Workload } from '../work/workloads.js';
import { peerPackage } from './peer-packages.js';

type Given = Omit<StepInput, 'i'>;
interface Context {
  run<T>(name: string, action: () => Promise<T>): Promise<T>;
  workflowClient(definition: object, key: string): { run(input: object): Promise<string> };
}
interface Sdk {
  workflow(definition: object): object;
  endpoint(): { bind(definition: object): void; listen(port: number): Promise<number> };
  setDefaultLogger?(logger: () => void): void;
  RestatePromise: { all<T>(promises: Promise<T>[]): Promise<T[]> };
}
interface Clients {
  connect(options: { url: string }): {
    workflowClient(
      definition: object,
      key: string,
    ): { workflowSubmit(input: object): Promise<unknown>; workflowAttach(): Promise<unknown> };
  };
}

/** Workflows as its documentation shows them, over its own server, which keeps a log of its own beside PostgreSQL. */
export async function restateColumn({ restate, takesOver }: ColumnSetting, { step }: Steps): Promise<Column> {
  if (!restate) throw new Error('restate has no server');
  const sdk = await peerPackage<Sdk>('@restatedev/restate-sdk');
  const clients = await peerPackage<Clients>('@restatedev/restate-sdk-clients');
  sdk.setDefaultLogger?.(() => undefined);
  const define = (name: string, run: (context: Context, given: never) => Promise<unknown>) =>
    sdk.workflow({ name, handlers: { run } });
  const once = (context: Context, input: StepInput) => context.run(`step-${input.i}`, () => step(input));
  const sequence = define('sequence', async (context, given: Given) => {
    const results: string[] = [];
    for (let i = 0; i < sequenceSteps; i++) results.push(await once(context, { ...given, i }));
    return { results };
  });
  const fanOut = define('fanOut', async (context, given: Given) => {
    const steps = Array.from({ length: fanOutSteps }, (_, i) => once(context, { ...given, i }));
    return (await sdk.RestatePromise.all(steps)).length;
  });
  const oneStep = define('oneStep', (context, given: StepInput) => once(context, given));
  const children = define('children', async (context, given: Given) => {
    const started = Array.from({ length: childCount }, (_, i) =>
      context.workflowClient(oneStep, `${given.run}-c${i}`).run({ ...given, i }),
    );
    return (await sdk.RestatePromise.all(started)).length;
  });
  const definitions: Readonly<Record<Workload, object>> = { sequence, fanOut, children };
  const ingress = clients.connect({ url: restate.ingress });

  return {
    async start() {
      const endpoint = sdk.endpoint();
      for (const definition of [sequence, fanOut, oneStep, children]) endpoint.bind(definition);
      await endpoint.listen(restate.endpointPort);
      const response = await fetch(`${restate.admin}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri: `http://127.0.0.1:${restate.endpointPort}`, force: !takesOver }),
      });
      if (!response.ok && response.status !== 409)
        throw new Error(`restate does not take the deployment: ${response.status} ${await response.text()}`);
    },
    async run(workload, id) {
      const client = ingress.workflowClient(definitions[workload], id);
      await client.workflowSubmit({ run: id });
      return client.workflowAttach();
    },
    async submit(id, slow) {
      await ingress.workflowClient(sequence, id).workflowSubmit({ run: id, ...slow });
      return id;
    },
    recover: async () => 'nothing',
    wait: async (id) =>
      ((await ingress.workflowClient(sequence, id).workflowAttach()) as { results: string[] }).results,
    stop: async () => undefined,
  };
}
