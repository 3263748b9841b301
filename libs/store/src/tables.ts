import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type {
  Attempt,
  Compensating,
  CompensationState,
  Effect,
  EffectState,
  Failure,
  JsonValue,
  KillScope,
  PauseSource,
  RunBudget,
  RunStatus,
  StoredValue,
  TaskKind,
  TaskStatus,
  ToolEffect,
  Trigger,
  Usage,
  WaitReason,
} from '#contracts';

/** A JSON column: read parsed, written as text. */
type Json<T> = ColumnType<T, string, string>;
type JsonOrNull<T> = ColumnType<T | null, string | null | undefined, string | null>;
/** A time: read as milliseconds, written as ISO 8601. */
type Time = ColumnType<number, string, string>;
type TimeOrNull = ColumnType<number | null, string | null | undefined, string | null>;

/** The tables that queries are built for; what only `record` and SQL texts touch is not here. */
export interface Tables {
  run: {
    id: string;
    tenant: string;
    goal: string | null;
    labels: string[];
    status: RunStatus;
    waiting: JsonOrNull<WaitReason>;
    planner: string | null;
    plan: JsonOrNull<JsonValue>;
    bound: JsonOrNull<unknown>;
    inputs: JsonOrNull<StoredValue>;
    output: JsonOrNull<StoredValue>;
    error: JsonOrNull<Failure>;
    usage: Json<Usage>;
    estimate: JsonOrNull<JsonValue>;
    budget: JsonOrNull<RunBudget>;
    triggers: JsonOrNull<readonly Trigger[]>;
    priority: number;
    workflow_id: string;
    temporal_run_id: string | null;
    plan_request: JsonOrNull<JsonValue>;
    stop: StopKind | null;
    stop_reason: string | null;
    stop_by: string | null;
    stop_at: TimeOrNull;
    stopped_in_ms: number | null;
    stuck: JsonOrNull<WaitReason>;
    event_position: number;
    created_at: Time;
    started_at: TimeOrNull;
    finished_at: TimeOrNull;
    dispatched_at: TimeOrNull;
    updated_at: Time;
  };
  task: {
    run_id: string;
    path: string;
    tenant: string;
    kind: TaskKind;
    title: string | null;
    status: TaskStatus;
    waiting: JsonOrNull<WaitReason>;
    input: JsonOrNull<StoredValue>;
    output: JsonOrNull<StoredValue>;
    error: JsonOrNull<Failure>;
    usage: Json<Usage>;
    attempts: JSONColumnType<Record<string, Attempt>>;
    agent: string | null;
    tool: string | null;
    workflow_id: string | null;
    started_at: TimeOrNull;
    finished_at: TimeOrNull;
  };
  segment: {
    run_id: string;
    id: string;
    tenant: string;
    epoch: number;
    temporal_run_id: string;
    engine_version: string;
  };
  artefact: {
    id: string;
    tenant: string;
    run_id: string;
    task_path: string | null;
    name: string;
    media_type: string;
    bytes: number;
    sha256: string;
    internal: boolean;
    content: Uint8Array;
    created_at: Time;
  };
  template: {
    id: string;
    tenant: string;
    name: string;
    version: number;
    document: Json<JsonValue>;
    created_at: Time;
  };
  conversation: {
    tenant: string;
    run_id: string;
    path: string;
    turn: number;
    messages: Json<JsonValue[]>;
  };
  pause: {
    run_id: string;
    source: PauseSource;
    tenant: string;
    held_by: string;
    reason: string | null;
    interrupt: boolean;
    since: Time;
  };
  kill_switch: {
    id: Generated<number>;
    tenant: string;
    scope: KillScope;
    target: string | null;
    engaged_at: Time;
    engaged_by: string;
    reason: string;
    stopped_runs: Generated<number>;
    stopped_in_ms: number | null;
    released_at: TimeOrNull;
    released_by: string | null;
  };
  signal: {
    id: Generated<number>;
    tenant: string;
    run_id: string;
    workflow_id: string;
    name: string;
    argument: JsonOrNull<JsonValue>;
    created_at: Time;
  };
  effect: {
    run_id: string;
    path: string;
    generation: number;
    tenant: string;
    idempotency_key: string;
    tool: string;
    effect: ToolEffect;
    input: Json<StoredValue>;
    compensating: JsonOrNull<Compensating>;
    plan: JsonOrNull<NonNullable<Effect['plan']>>;
    at: Time;
    state: EffectState;
    output: JsonOrNull<StoredValue>;
    undo: CompensationState | null;
    undo_attempts: number;
    undo_error: JsonOrNull<Failure>;
    undo_by: string | null;
    undo_comment: string | null;
    undo_at: TimeOrNull;
  };
  standing_rule: {
    id: string;
    tenant: string;
    tool: string;
    template: string | null;
    arguments_hash: string | null;
    arguments: JsonOrNull<JsonValue>;
    comment: string | null;
    created_by: string;
    created_at: Time;
    revoked_by: string | null;
    revoked_at: TimeOrNull;
  };
  approval_link: {
    token_hash: string;
    tenant: string;
    approval_id: string;
    person: string;
    created_at: Time;
    expires_at: Time;
    used_at: TimeOrNull;
  };
  lease: {
    name: string;
    holder: string;
    until: Time;
  };
  cooldown: {
    name: string;
    until: TimeOrNull;
    reason: string;
    since: Time;
  };
  worker: {
    id: string;
    labels: Json<Readonly<Record<string, string>>>;
    queues: string[];
    since: Time;
    seen_at: Time;
  };
  model_call: {
    id: string;
    tenant: string;
    run_id: string;
    task_path: string | null;
    deployment: string;
    provider: string;
    model: string;
    input_tokens: number;
    output_tokens: number;
    cached_tokens: number;
    cost_nanos: number;
    ms: number;
    finish_reason: string | null;
    price_version: string | null;
    cache_write_tokens: Generated<number>;
    at: Time;
  };
  routed_call: {
    id: string;
    tenant: string;
    run_id: string;
    task_path: string | null;
    model: string;
    status: string;
    deployment: string | null;
    input_tokens: number;
    output_tokens: number;
    cached_tokens: number;
    cost_nanos: number;
    at: Time;
    ms: number;
    error: JsonOrNull<Failure>;
    retry_at: TimeOrNull;
    trace: Json<JsonValue>;
  };
  model_reply: {
    tenant: string;
    key: string;
    reply: Json<JsonValue>;
    at: Time;
  };
  price_version: {
    tenant: string;
    id: string;
    seller: string;
    model: string;
    effective_from: Time;
    rates: JsonOrNull<JsonValue>;
    source: string;
    approved_by: string | null;
    created_at: Generated<string>;
  };
  price_change: {
    tenant: string;
    id: string;
    seller: string;
    model: string;
    old_rates: JsonOrNull<JsonValue>;
    new_rates: JsonOrNull<JsonValue>;
    oddities: string[];
    source: string;
    state: 'QUARANTINED' | 'APPROVED' | 'OUTDATED';
    found_at: Time;
    decided_by: string | null;
    decided_at: TimeOrNull;
  };
}

/** How a run is to stop: what runs may end (`drain`), is aborted (`cut`), or is ended at once with all else (`kill`). */
export type StopKind = 'drain' | 'cut' | 'kill';
