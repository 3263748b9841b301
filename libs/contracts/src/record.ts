import type { ApprovalChange } from './approval.js';
import type { Failure } from './errors.js';
import type { NewRunEvent } from './events.js';
import type { JsonValue } from './json.js';
import type { RunStatus, TaskKind, TaskStatus, WaitReason } from './run.js';
import type { Usage } from './usage.js';
import type { StoredValue } from './value.js';

/** One attempt at a task. Output beyond 64 KiB is cut here; the whole of it is an artefact. */
export interface Attempt {
  readonly number: number;
  readonly startedAt: number;
  readonly finishedAt?: number | undefined;
  readonly error?: Failure | undefined;
  readonly worker?: string | undefined;
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  readonly exitCode?: number | undefined;
}

/** A change to a task's row; what is absent stays, `null` clears. The row is made when there is none. */
export interface TaskPatch {
  readonly path: string;
  readonly kind: TaskKind;
  readonly status?: TaskStatus | undefined;
  readonly title?: string | null | undefined;
  readonly waiting?: WaitReason | null | undefined;
  readonly input?: StoredValue | null | undefined;
  readonly output?: StoredValue | null | undefined;
  readonly error?: Failure | null | undefined;
  /** Replaces what stood there. */
  readonly usage?: Usage | undefined;
  /** Put in by number, replacing an attempt of the same number. */
  readonly attempts?: readonly Attempt[] | undefined;
  readonly agent?: string | undefined;
  readonly tool?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | null | undefined;
}

/** A change to a run's row; what is absent stays. An ended run's status does not change any more. */
export interface RunPatch {
  readonly status?: RunStatus | undefined;
  readonly waiting?: WaitReason | null | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  readonly output?: StoredValue | undefined;
  readonly error?: Failure | undefined;
  readonly usage?: Usage | undefined;
  readonly temporalRunId?: string | undefined;
}

/** What becomes true together, in one transaction, for one run. */
export interface RunRecord {
  readonly tenant: string;
  readonly runId: string;
  readonly events: readonly NewRunEvent[];
  readonly tasks: readonly TaskPatch[];
  readonly run?: RunPatch | undefined;
  /** Results of items of maps, by the map's path. */
  readonly items?:
    | readonly { readonly path: string; readonly first: number; readonly results: readonly JsonValue[] }[]
    | undefined;
  /** What people are asked, and need not be asked any more. */
  readonly approvals?: readonly ApprovalChange[] | undefined;
  /** A name given once: a record of the same run and name that is there already makes this one a no-op. */
  readonly once?: string | undefined;
  /** Written by a segment: refused with CONFLICT when a later opening of the segment exists. */
  readonly segment?:
    { readonly id: string; readonly epoch: number; readonly journal: readonly JsonValue[] } | undefined;
}
