import { createApiApp } from '../../apps/api/src/index.js';
import {
  createCommands,
  type CommandDeps,
  type GatewaySignal,
  type RollbackStart,
  type RunGateway,
  type RunStart,
} from '#commands';
import type { ToolFacts } from '#contracts';
import { openStore, type Store } from '#store';
import { createLogger } from '#telemetry';

/** A gateway that keeps what it was asked for, in place of Temporal. */
export interface RecordingGateway extends RunGateway {
  readonly starts: RunStart[];
  readonly rollbacks: RollbackStart[];
  readonly cancels: { readonly runId: string; readonly reason: string }[];
  readonly signals: (GatewaySignal & { readonly workflowId: string })[];
  readonly terminations: { readonly workflowId: string; readonly reason: string }[];
  readonly unpaused: string[];
  /** Workflows that Temporal itself holds. */
  readonly nativelyPaused: Set<string>;
  /** Workflows of runs that only Temporal knows. */
  readonly strays: Map<string, string[]>;
  /** What every call throws while it is set. */
  broken: Error | null;
}

export function recordingGateway(): RecordingGateway {
  const starts: RunStart[] = [];
  const cancels: { runId: string; reason: string }[] = [];
  const answer = <T>(make: () => T): Promise<T> =>
    gateway.broken ? Promise.reject(gateway.broken) : Promise.resolve(make());
  const gateway: RecordingGateway = {
    starts,
    rollbacks: [],
    cancels,
    signals: [],
    terminations: [],
    unpaused: [],
    nativelyPaused: new Set(),
    strays: new Map(),
    broken: null,
    start: (run) =>
      answer(() => {
        starts.push(run);
        return { temporalRunId: `temporal-${run.input.runId}` };
      }),
    startRollback: (rollback) => answer(() => void gateway.rollbacks.push(rollback)),
    cancel: (runId, reason) => answer(() => void cancels.push({ runId, reason })),
    signal: (workflowId, signal) => answer(() => gateway.signals.push({ workflowId, ...signal }) > 0),
    terminate: (workflowId, reason) => answer(() => void gateway.terminations.push({ workflowId, reason })),
    unpause: (workflowId) =>
      answer(() => {
        gateway.unpaused.push(workflowId);
        return gateway.nativelyPaused.delete(workflowId);
      }),
    openWorkflows: (runId) => answer(() => gateway.strays.get(runId) ?? []),
    inspect: () => answer(() => null),
    terminatedAt: () => answer(() => null),
    temporalUrl: (workflowId, temporalRunId) =>
      `http://ui.test/${encodeURIComponent(workflowId)}/${temporalRunId}`,
  };
  return gateway;
}

export const transform: ToolFacts = {
  name: 'transform',
  description: 'Gives the value of an expression',
  inputSchema: { type: 'object', required: ['expression'], properties: { expression: {} } },
  effect: 'none',
  expectedMs: 5,
};

export interface GraphqlReply {
  readonly status: number;
  readonly requestId: string | null;
  // Replies are read as tests need them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
  readonly errors: {
    readonly message: string;
    readonly path?: unknown[];
    readonly extensions: Record<string, unknown>;
  }[];
}

export interface ApiUnderTest {
  readonly url: string;
  readonly store: Store;
  readonly gateway: RecordingGateway;
  readonly deps: CommandDeps;
  readonly log: string[];
  readonly graphql: (
    query: string,
    variables?: object,
    headers?: Record<string, string>,
  ) => Promise<GraphqlReply>;
  /** Closes the server and leaves the store, for another server over it. */
  readonly close: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The API over an embedded database in memory, on a free port. */
export async function startApi(changes: Partial<CommandDeps> = {}): Promise<ApiUnderTest> {
  const log: string[] = [];
  const logger = createLogger({ level: 'warn', destination: { write: (line) => void log.push(line) } });
  const gateway = recordingGateway();
  const deps: CommandDeps = {
    store: changes.store ?? (await openStore({})),
    workflows: gateway,
    tools: [transform],
    agents: [],
    models: [],
    templates: [],
    modelPlanner: null,
    logger,
    now: Date.now,
    ...changes,
  };
  const { store } = deps;
  const dependencies = [{ name: 'database', check: () => store.ping() }];
  const app = await createApiApp(
    { commands: createCommands(deps), logger, dependencies },
    {
      host: '127.0.0.1',
      port: 0,
      introspection: true,
      home: { places: [{ name: 'API', href: '/graphql', about: 'x' }], hints: [] },
    },
  );
  const { url } = await app.listen();
  return {
    url,
    store,
    gateway,
    deps,
    log,
    graphql: (query, variables = {}, headers = {}) => post(url, { query, variables }, headers),
    close: app.close,
    stop: async () => {
      await app.close();
      await store.close();
    },
  };
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<GraphqlReply> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { data = null, errors = [] } = (await response.json()) as Partial<GraphqlReply>;
  return { status: response.status, requestId: response.headers.get('x-request-id'), data, errors };
}

/** A plan of so many steps, one after the other. */
export function chain(steps: number, name = 'chain'): object {
  const tasks = Array.from({ length: steps }, (_unused, index) => ({
    id: `step${index}`,
    kind: 'tool',
    tool: 'transform',
    with: { expression: '${1 + 1}' },
    ...(index === 0 ? {} : { needs: [`step${index - 1}`] }),
  }));
  return { version: 1, name, tasks };
}

export const startPlan = `mutation ($input: StartPlanInput!) {
  startPlan(input: $input) { run { id status workflowId temporalRunId priority labels } userErrors { field code message } }
}`;

/** Starts a run of the plan and gives its ID. */
export async function startedRun(
  api: ApiUnderTest,
  plan: object = chain(1),
  more: object = {},
): Promise<string> {
  const { data, errors } = await api.graphql(startPlan, { input: { plan, ...more } });
  if (!data?.startPlan.run) throw new Error(`not started: ${JSON.stringify({ data, errors })}`);
  return data.startPlan.run.id as string;
}
