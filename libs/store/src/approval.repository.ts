import { nexusError } from '#contracts';
import type {
  ApprovalChange,
  ApprovalDecision,
  ApprovalKind,
  ApprovalRequest,
  ApprovalStatus,
  JsonObject,
  JsonSchema,
  JsonValue,
  NanoUsd,
  RunBudget,
  StoredValue,
  TimeoutAction,
} from '#contracts';
import type { RunChange } from './changes.js';
import { pageOf, parseCursor } from './cursor.js';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';
import type { Page } from './rows.js';

/** What one person, or a standing rule, has said. */
export interface DecisionRow {
  readonly by: string;
  readonly approve: boolean;
  readonly at: number;
  readonly comment: string | null;
  readonly answer: JsonValue | null;
  readonly ruleId: string | null;
}

export interface ApprovalRow {
  readonly id: string;
  readonly runId: string;
  readonly kind: ApprovalKind;
  readonly taskPath: string | null;
  readonly question: string;
  readonly context: StoredValue | null;
  readonly answerSchema: JsonSchema | null;
  readonly quorum: number;
  readonly role: string | null;
  readonly policy: string | null;
  readonly argumentsHash: string | null;
  readonly status: ApprovalStatus;
  readonly answer: JsonValue | null;
  readonly requestedAt: number;
  readonly expiresAt: number | null;
  readonly onTimeout: TimeoutAction | null;
  readonly escalateTo: string | null;
  readonly decidedAt: number | null;
  /** Oldest first. */
  readonly decisions: readonly DecisionRow[];
}

/** An approval among those of all runs, with what its run is for and has cost. */
export interface ListedApproval extends ApprovalRow {
  readonly run: { readonly goal: string | null; readonly costNanos: NanoUsd };
}

/** A decision with what follows from it, should it be the one that counts. */
export interface StoredDecision extends ApprovalDecision {
  /** What the run may use from then on, and what is told of that. */
  readonly budget?: RunBudget | undefined;
  readonly told?: JsonObject | undefined;
}

/** Who is told when a decision is final: the signal `decide` is stored with it. */
export interface DecisionListener {
  readonly workflowId: string;
  /** The decision's answer as a history carries it. */
  readonly answer?: StoredValue | undefined;
}

/**
 * What became of a decision.
 * - `decided`: with it the approval is
 * - `counted`: more people must approve
 * - `over`: it was decided already, or nobody need answer any more
 * - `repeated`: this person has decided before
 */
export interface DecisionResult {
  readonly outcome: 'decided' | 'counted' | 'over' | 'repeated';
  readonly approval: ApprovalRow;
}

export interface ApprovalRepository {
  /** Makes a run's changes true, in their order. Repeated they change nothing. */
  apply(tenant: string, runId: string, changes: readonly ApprovalChange[]): Promise<void>;
  get(tenant: string, id: string): Promise<ApprovalRow | null>;
  /** Of all runs, oldest first. Without a status: of any. */
  list(
    tenant: string,
    query: {
      readonly status?: ApprovalStatus | undefined;
      readonly first: number;
      readonly after?: string | undefined;
    },
  ): Promise<Page<ListedApproval>>;
  /** Those of a run, oldest first. */
  of(tenant: string, runId: string): Promise<ApprovalRow[]>;
  /**
   * Null: there is no such approval. A final decision, its event, its signals, and what it says of an effect or of the
   * run's budget become true together; any other changes neither.
   */
  decide(
    tenant: string,
    id: string,
    decision: StoredDecision,
    listener?: DecisionListener,
  ): Promise<DecisionResult | null>;
  /** Its time is over, unless a decision came first. Null: there is no such approval. */
  expire(
    tenant: string,
    id: string,
    at: number,
  ): Promise<{ readonly expired: boolean; readonly approval: ApprovalRow } | null>;
  /**
   * Asks before a step, once, and tells it; gives how it stands. A standing rule that allows it decides at once, and is
   * on record as who did.
   */
  gate(
    tenant: string,
    runId: string,
    request: ApprovalRequest,
    rule?: { readonly id: string; readonly comment?: string | undefined },
  ): Promise<ApprovalRow>;
}

const applyApprovals: Statement = {
  name: 'apply_approvals',
  text: 'select apply_approvals($1::text::json) as result',
};
const approvalById: Statement = {
  name: 'approval_by_id',
  text: 'select approval_view(a) as result from approval a where a.id = $1 and a.tenant = $2',
};
const approvalsOfRun: Statement = {
  name: 'approvals_of_run',
  text: `select approval_view(a) as result from approval a where a.run_id = $1 and a.tenant = $2
order by a.requested_at, a.id`,
};
const decideApproval: Statement = {
  name: 'decide_approval',
  text: 'select decide_approval($1::text::json) as result',
};
const expireApproval: Statement = {
  name: 'expire_approval',
  text: 'select expire_approval($1::text::json) as result',
};
const gateStep: Statement = { name: 'gate_step', text: 'select gate_step($1::text::json) as result' };
// The page is cut before it is joined: what waits behind it costs nothing.
const listText = (condition: string): string => `
select approval_view(p.a) as approval, r.goal, (r.usage ->> 'costNanos')::bigint as "costNanos"
from (
  select a from approval a
  where a.tenant = $1 and ${condition} and (a.requested_at, a.id) > ($2::timestamptz, $3)
  order by a.requested_at, a.id limit $4
) p join run r on r.id = (p.a).run_id
order by (p.a).requested_at, (p.a).id`;

const listAll: Statement = { name: 'approvals_all', text: listText('true') };
const listByStatus: Statement = { name: 'approvals_by_status', text: listText('a.status = $5') };

export function createApprovalRepository(
  database: Database,
  publish: (changes: readonly RunChange[]) => void,
): ApprovalRepository {
  async function call<Result>(statement: Statement, given: object): Promise<Result | null> {
    const [row] = await database.call<{ result: Result | null }>(statement, [jsonText(given)]);
    return row?.result ?? null;
  }

  async function apply(tenant: string, runId: string, changes: readonly ApprovalChange[]): Promise<void> {
    if (changes.length === 0) return;
    const given = changes.map((change, nth) => ({ ...changeRow(change), nth }));
    const done = await call(applyApprovals, { run_id: runId, tenant, changes: given });
    if (done === null) throw unknownRun(runId);
    publish([{ tenant, runId }]);
  }

  async function list(
    tenant: string,
    query: { status?: ApprovalStatus | undefined; first: number; after?: string | undefined },
  ): Promise<Page<ListedApproval>> {
    const { status, first, after } = query;
    const { createdAt, id } = after === undefined ? { createdAt: 0, id: '' } : parseCursor(after);
    const place = [tenant, timeText(createdAt), id, first + 1];
    const rows = await database.call<{ approval: ApprovalRow; goal: string | null; costNanos: NanoUsd }>(
      status === undefined ? listAll : listByStatus,
      status === undefined ? place : [...place, status],
    );
    return pageOf(
      rows.map(({ approval, ...run }) => ({ ...approval, run })),
      first,
    );
  }

  async function decide(
    tenant: string,
    id: string,
    decision: StoredDecision,
    listener?: DecisionListener,
  ): Promise<DecisionResult | null> {
    const { by, approve, at, comment, answer, budget, told } = decision;
    const result = await call<DecisionResult>(decideApproval, {
      id: plainText(id),
      tenant,
      person: by,
      approve,
      at: timeText(at),
      comment,
      answer,
      workflow_id: listener?.workflowId,
      storedAnswer: listener?.answer,
      budget,
      told,
    });
    if (result?.outcome === 'decided' || result?.outcome === 'counted')
      publish([{ tenant, runId: result.approval.runId }]);
    return result;
  }

  async function expire(
    tenant: string,
    id: string,
    at: number,
  ): Promise<{ expired: boolean; approval: ApprovalRow } | null> {
    const given = { id: plainText(id), tenant, at: timeText(at) };
    const result = await call<{ expired: boolean; approval: ApprovalRow }>(expireApproval, given);
    if (result?.expired) publish([{ tenant, runId: result.approval.runId }]);
    return result;
  }

  async function gate(
    tenant: string,
    runId: string,
    request: ApprovalRequest,
    rule?: { id: string; comment?: string | undefined },
  ): Promise<ApprovalRow> {
    const approval = await call<ApprovalRow>(gateStep, {
      run_id: runId,
      tenant,
      request: requestRow(request),
      rule_id: rule?.id,
      rule_comment: rule?.comment,
    });
    if (approval === null) throw unknownRun(runId);
    publish([{ tenant, runId }]);
    if (approval.argumentsHash === (request.argumentsHash ?? null)) return approval;
    throw nexusError('CONFLICT', `approval ${request.id} was asked for other arguments than these`, {
      hint: 'What is approved is one call. Ask for this one under an ID of its own.',
    });
  }

  return {
    apply,
    async get(tenant, id) {
      const [row] = await database.call<{ result: ApprovalRow }>(approvalById, [plainText(id), tenant]);
      return row?.result ?? null;
    },
    list,
    async of(tenant, runId) {
      const rows = await database.call<{ result: ApprovalRow }>(approvalsOfRun, [plainText(runId), tenant]);
      return rows.map(({ result }) => result);
    },
    decide,
    expire,
    gate,
  };
}

function changeRow(change: ApprovalChange): object {
  const { type } = change;
  if (type === 'request') return { type, request: requestRow(change.request) };
  if (type === 'withdraw') return { type, id: change.id, at: timeText(change.at) };
  if (type === 'extend') return { type, id: change.id, expires_at: timeText(change.expiresAt) };
  return { type, id: change.id, role: change.role, expires_at: time(change.expiresAt) };
}

function requestRow(request: ApprovalRequest): object {
  return {
    id: request.id,
    kind: request.kind,
    task_path: request.taskPath,
    question: request.question,
    context: request.context,
    answer_schema: request.answerSchema,
    quorum: request.quorum,
    role: request.role,
    policy: request.policy,
    arguments_hash: request.argumentsHash,
    requested_at: timeText(request.requestedAt),
    expires_at: time(request.expiresAt),
    on_timeout: request.onTimeout,
    escalate_to: request.escalateTo,
  };
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : timeText(ms);
}

function unknownRun(id: string): Error {
  return nexusError('NOT_FOUND', `run ${id} is not known`);
}
