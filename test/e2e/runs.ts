import type { JsonObject, JsonValue } from '#contracts';
import { subscribe, type Subscribed } from '../api/graphql-socket.js';
import type { NexusProcess } from './nexus-process.js';
import { until } from './until.js';

export interface ShownEvent {
  readonly cursor: string;
  readonly type: string;
  readonly at: string;
  readonly taskPath: string | null;
  readonly data: JsonObject | null;
}

export interface ShownTask {
  readonly path: string;
  readonly kind: string;
  readonly status: string;
  readonly output: JsonValue;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  readonly usage: ShownUsage;
}

export interface ShownUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly cost: string;
}

/** A run as the API shows it, with its tasks and all of its events. */
export interface ShownRun {
  readonly id: string;
  readonly status: string;
  readonly labels: readonly string[];
  readonly output: JsonValue;
  readonly error: { code: string; message: string; taskPath: string | null; hint: string | null } | null;
  readonly usage: ShownUsage;
  readonly tasks: readonly ShownTask[];
  readonly events: readonly ShownEvent[];
}

const startPlanMutation = `mutation ($input: StartPlanInput!) {
  startPlan(input: $input) { run { id } userErrors { field code message } }
}`;

const usageFields = 'usage { inputTokens outputTokens modelCalls toolCalls cost }';
const taskFields = `path kind status output error { code message hint } ${usageFields}`;
const runQuery = `query ($id: ID!) {
  run(id: $id) {
    id status labels output error { code message taskPath hint } ${usageFields}
    tasks(first: 200) { edges { node { ${taskFields} } } }
  }
}`;
const eventsQuery = `query ($id: ID!, $after: String) {
  run(id: $id) {
    events(first: 200, after: $after) { edges { node { cursor type at taskPath data } } pageInfo { hasNextPage endCursor } }
  }
}`;
const statusQuery = 'query ($id: ID!) { run(id: $id) { status finishedAt } }';
const followQuery = `subscription ($id: ID!, $after: String) {
  runEvents(runId: $id, after: $after) { cursor type at taskPath data }
}`;

/** Starts a plan, which must be accepted, and gives the run's ID. */
export async function startPlan(
  nexus: NexusProcess,
  plan: object,
  input: { inputs?: JsonObject; labels?: string[]; idempotencyKey?: string } = {},
): Promise<string> {
  const { data, errors } = await nexus.graphql(startPlanMutation, { input: { plan, ...input } });
  const { run, userErrors } = (data?.startPlan ?? {}) as { run?: { id: string }; userErrors?: unknown };
  if (!run) throw new Error(`the plan was not accepted: ${JSON.stringify({ userErrors, errors })}`);
  return run.id;
}

/** The run as it is now. */
export async function readRun(nexus: NexusProcess, id: string): Promise<ShownRun> {
  const { data, errors } = await nexus.graphql(runQuery, { id });
  if (!data?.run) throw new Error(`run ${id} cannot be read: ${JSON.stringify(errors)}`);
  const { tasks, ...run } = data.run as ShownRun & { tasks: { edges: { node: ShownTask }[] } };
  return { ...run, tasks: tasks.edges.map(({ node }) => node), events: await readEvents(nexus, id) };
}

async function readEvents(nexus: NexusProcess, id: string): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  for (let after: string | null = null; ;) {
    const { data } = await nexus.graphql(eventsQuery, { id, after });
    const { edges, pageInfo } = data.run.events as {
      edges: { node: ShownEvent }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    events.push(...edges.map(({ node }) => node));
    if (!pageInfo.hasNextPage) return events;
    after = pageInfo.endCursor;
  }
}

/** The run when it has ended. */
export async function endedRun(nexus: NexusProcess, id: string, withinMs = 90_000): Promise<ShownRun> {
  let status = 'unknown';
  await until(
    `run ${id} has ended`,
    async () => {
      // A busy server may close a kept connection just when it is used again.
      const reply = await nexus.graphql(statusQuery, { id }).catch(() => null);
      status = (reply?.data.run.status as string | undefined) ?? status;
      return reply?.data.run.finishedAt as string | null;
    },
    { withinMs, everyMs: 100 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${status}. ${nexus.log().slice(-4_000)}`, { cause: error });
  });
  return readRun(nexus, id);
}

/** Runs a plan to its end. */
export async function runPlan(nexus: NexusProcess, plan: object, inputs: JsonObject = {}): Promise<ShownRun> {
  return endedRun(nexus, await startPlan(nexus, plan, { inputs }));
}

/** Follows the run's events over a socket, from the cursor on. */
export function follow(nexus: NexusProcess, id: string, after?: string): Subscribed<ShownEvent> {
  return subscribe<ShownEvent>(nexus.url, followQuery, { id, ...(after === undefined ? {} : { after }) });
}
