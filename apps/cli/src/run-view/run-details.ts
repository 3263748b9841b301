import { nexusError } from '#contracts';
import type { RunStatus, TaskStatus } from '#contracts';
import { operation } from '../api-client.js';
import type { ApiClient } from '../api-client.js';
import type { ApprovalSummary } from './approval-view.js';
import { approvalSummaryFields } from './approval-view.js';

export interface FailureView {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly taskPath: string | null;
}

export interface WaitView {
  readonly kind: string;
  readonly detail: string;
  readonly since: string;
  readonly until: string | null;
  readonly inFlight: number | null;
  readonly position: number | null;
}

export interface PauseView {
  readonly by: string;
  readonly source: string;
  readonly reason: string | null;
  readonly since: string;
}

export interface TaskView {
  readonly path: string;
  readonly kind: string;
  readonly title: string | null;
  readonly status: TaskStatus;
  readonly waitingFor: WaitView | null;
  readonly attempts: readonly { readonly number: number }[];
  readonly error: FailureView | null;
  readonly usage: { readonly cost: string };
  readonly agent: string | null;
  readonly tool: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Of a map: how many of its items have ended. */
  readonly progress: { readonly done: number; readonly total: number } | null;
}

export interface ArtefactView {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly url: string;
  readonly taskPath: string | null;
}

interface Page<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface RunFields {
  readonly id: string;
  readonly goal: string | null;
  readonly labels: readonly string[];
  readonly status: RunStatus;
  readonly waitingFor: WaitView | null;
  readonly pauses: readonly PauseView[];
  /** All that it has asked, oldest first. */
  readonly approvals: readonly ApprovalSummary[];
  readonly plan: { readonly name: string; readonly version: number; readonly planner: string } | null;
  readonly estimate: { readonly tokens: number; readonly cost: string; readonly durationMs: number } | null;
  readonly output: unknown;
  readonly error: FailureView | null;
  readonly usage: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cachedTokens: number;
    readonly modelCalls: number;
    readonly toolCalls: number;
    readonly cost: string;
    readonly durationMs: number;
  };
  readonly workflowId: string;
  readonly temporalUrl: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** A run with what its views show of it. */
export interface RunDetails extends RunFields {
  readonly tasks: readonly TaskView[];
  readonly artefacts: readonly ArtefactView[];
}

const waitFields = 'waitingFor { kind detail since until inFlight position }';
const taskFields = /* GraphQL */ `
  path kind title status ${waitFields} attempts { number }
  error { code message hint taskPath } usage { cost } agent tool startedAt finishedAt progress { done total }`;

/** Everything about a run that its views show, with the first tasks and artefacts. */
export const RunQuery = operation<
  { run: (RunFields & { tasks: Page<TaskView>; artefacts: Page<ArtefactView> }) | null },
  { id: string }
>(/* GraphQL */ `
  query Run($id: ID!) {
    run(id: $id) {
      id goal labels status ${waitFields} pauses { by source reason since } approvals { ${approvalSummaryFields} } plan { name version planner } estimate { tokens cost durationMs }
      output error { code message hint taskPath }
      usage { inputTokens outputTokens cachedTokens modelCalls toolCalls cost durationMs }
      workflowId temporalUrl createdAt startedAt finishedAt
      tasks(first: 200) { edges { node { ${taskFields} } } pageInfo { hasNextPage endCursor } }
      artefacts(first: 200) {
        edges { node { id name mediaType bytes url taskPath } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`);

/** The tasks of a run that did not fit on the first page. */
export const MoreTasksQuery = operation<
  { run: { tasks: Page<TaskView> } | null },
  { id: string; after: string | null }
>(/* GraphQL */ `
  query MoreTasks($id: ID!, $after: String) {
    run(id: $id) {
      tasks(first: 200, after: $after) { edges { node { ${taskFields} } } pageInfo { hasNextPage endCursor } }
    }
  }`);

/** What a run has asked. */
export const RunApprovalsQuery = operation<
  { run: { approvals: readonly ApprovalSummary[] } | null },
  { id: string }
>(/* GraphQL */ `
  query RunApprovals($id: ID!) { run(id: $id) { approvals { ${approvalSummaryFields} } } }`);

/** What is told of a run that did not succeed. */
export interface PostMortemView {
  readonly markdown: string;
  readonly timeline: unknown;
  readonly causes: readonly FailureView[];
  readonly done: readonly string[];
  readonly undone: readonly string[];
  readonly cost: string;
  readonly stoppedInMs: number | null;
}

export const PostMortemQuery = operation<
  { run: { postMortem: PostMortemView | null } | null },
  { id: string }
>(/* GraphQL */ `
  query PostMortem($id: ID!) {
    run(id: $id) {
      postMortem {
        markdown
        timeline
        causes {
          code
          message
          hint
          taskPath
        }
        done
        undone
        cost
        stoppedInMs
      }
    }
  }
`);

/** A run with all its tasks; NOT_FOUND when there is none of this ID. */
export async function loadRun(api: ApiClient, id: string): Promise<RunDetails> {
  const { run } = await api.request(RunQuery, { id });
  if (!run) throw runNotFound(id, api.url);
  const tasks = nodes(run.tasks);
  let page: Page<TaskView> = run.tasks;
  while (page.pageInfo.hasNextPage) {
    const more = await api.request(MoreTasksQuery, { id, after: page.pageInfo.endCursor });
    if (!more.run) break;
    page = more.run.tasks;
    tasks.push(...nodes(page));
  }
  const artefacts = nodes(run.artefacts).map((artefact) => ({
    ...artefact,
    url: new URL(artefact.url, `${api.url}/`).href,
  }));
  return { ...run, tasks, artefacts };
}

/** What a run has asked, oldest first. */
export async function loadApprovals(api: ApiClient, id: string): Promise<readonly ApprovalSummary[]> {
  const { run } = await api.request(RunApprovalsQuery, { id });
  return run?.approvals ?? [];
}

/** The post-mortem of a run; a run that succeeded or still lives has none. */
export async function loadPostMortem(api: ApiClient, id: string): Promise<PostMortemView> {
  const { run } = await api.request(PostMortemQuery, { id });
  if (!run) throw runNotFound(id, api.url);
  if (run.postMortem) return run.postMortem;
  throw nexusError('FAILED_PRECONDITION', `run ${id} has no post-mortem`, {
    hint: 'there is one once a run has failed, or was cancelled or killed',
  });
}

export function runNotFound(id: string, url: string) {
  return nexusError('NOT_FOUND', `there is no run ${id} at ${url}`, { hint: 'list the runs: nexus status' });
}

function nodes<Node>(page: Page<Node>): Node[] {
  return page.edges.map((edge) => edge.node);
}
