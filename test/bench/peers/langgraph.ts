import type { Column, ColumnSetting } from '../columns/column.js';
import type { StepInput, Steps } from '../work/step.js';
import { childCount, fanOutSteps, sequenceSteps, type Workload } from '../work/workloads.js';
import { peerPackage } from './peer-packages.js';

interface State {
  readonly given: Omit<StepInput, 'i'>;
  readonly i: number;
  readonly results: string[];
}
interface Compiled {
  invoke(input: object | null, config: object): Promise<State>;
  getState(config: object): Promise<{ next: unknown[]; values: State }>;
}
type Node = ((state: State) => Promise<object> | object) | Compiled;
type Edge = (state: State) => unknown;
interface Graph {
  addNode(name: string, node: Node): Graph;
  addEdge(from: string, to: string): Graph;
  addConditionalEdges(from: string, edge: Edge, to: string[]): Graph;
  compile(options?: object): Compiled;
}
interface LangGraph {
  StateGraph: new (state: object) => Graph;
  Annotation: ((options: object) => object) & { Root(fields: object): object };
  Send: new (node: string, state: object) => object;
  START: string;
  END: string;
}
interface Saver {
  setup(): Promise<void>;
  end(): Promise<void>;
  list(config: object): AsyncIterable<{ config: { configurable: { thread_id: string } } }>;
}

/** Graphs with a checkpoint in PostgreSQL after each step, written before the next one. */
export async function langgraphColumn(setting: ColumnSetting, { step }: Steps): Promise<Column> {
  const { StateGraph, Annotation, Send, START, END } = await peerPackage<LangGraph>('@langchain/langgraph');
  const { PostgresSaver } = await peerPackage<{ PostgresSaver: { fromConnString(url: string): Saver } }>(
    '@langchain/langgraph-checkpoint-postgres',
  );
  const saver = PostgresSaver.fromConnString(setting.databaseUrl);
  const newest = (initial: unknown) =>
    Annotation({ reducer: (_: unknown, next: unknown) => next, default: () => initial });
  const appended = Annotation({
    reducer: (all: string[], more: string[]) => all.concat(more),
    default: () => [],
  });
  const state = Annotation.Root({ given: newest(null), i: newest(0), results: appended });
  const work = async ({ given, i }: State) => ({ results: [await step({ ...given, i })] });
  const each =
    (node: string, count: number): Edge =>
    ({ given }) =>
      Array.from({ length: count }, (_, i) => new Send(node, { given, i }));
  const persistent = { checkpointer: saver };

  const sequence = new StateGraph(state)
    .addNode('step', async (now: State) => ({ i: now.i + 1, ...(await work(now)) }))
    .addEdge(START, 'step')
    .addConditionalEdges('step', ({ i }) => (i < sequenceSteps ? 'step' : END), ['step', END])
    .compile(persistent);
  const fanOut = new StateGraph(state)
    .addNode('work', work)
    .addNode('join', () => ({ i: 1 }))
    .addConditionalEdges(START, each('work', fanOutSteps), ['work'])
    .addEdge('work', 'join')
    .addEdge('join', END)
    .compile(persistent);
  const childState = Annotation.Root({ given: newest(null), i: newest(0), results: newest([]) });
  const child = new StateGraph(childState)
    .addNode('one', work)
    .addEdge(START, 'one')
    .addEdge('one', END)
    .compile();
  const children = new StateGraph(state)
    .addNode('child', child)
    .addNode('join', () => ({ i: 1 }))
    .addConditionalEdges(START, each('child', childCount), ['child'])
    .addEdge('child', 'join')
    .addEdge('join', END)
    .compile(persistent);
  const graphs: Readonly<Record<Workload, Compiled>> = { sequence, fanOut, children };
  const config = (id: string) => ({
    configurable: { thread_id: id },
    durability: 'sync',
    recursionLimit: 60,
  });
  const recovered = new Map<string, Promise<State>>();

  return {
    start: () => saver.setup(),
    run: (workload, id) => graphs[workload].invoke({ given: { run: id }, i: 0 }, config(id)),
    async submit(id, slow) {
      // Only this process knows of it.
      sequence.invoke({ given: { run: id, ...slow }, i: 0 }, config(id)).catch(() => undefined);
      return id;
    },
    async recover(ids) {
      let resumed = 0;
      for (const id of ids) {
        const { next, values } = await sequence.getState(config(id));
        if (next.length > 0) resumed++;
        recovered.set(id, next.length > 0 ? sequence.invoke(null, config(id)) : Promise.resolve(values));
      }
      return `own code: looks at ${ids.length} threads and invokes ${resumed} again with null`;
    },
    wait: async (id) => (await recovered.get(id))?.results ?? [],
    stop: () => saver.end(),
  };
}
