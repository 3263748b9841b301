/** A run that is rolled back. */
export interface RollbackOf {
  readonly tenant: string;
  readonly runId: string;
}

export interface RollbackEnded {
  readonly status: string;
  readonly compensated: number;
  /** Paths of the tasks whose effects could not be undone. */
  readonly failed: readonly string[];
}

/** What a rollback asks of the world. Where it stands is in rows, so that each may be done again. */
export interface RollbackActivities {
  /** Shuts out who still works at the run. Not begun: it has ended, or nobody wants it rolled back any more. */
  beginRollback(of: RollbackOf): Promise<{ begun: boolean; status: string }>;
  /** Undoes effects, in their order, until none is left that could be; `held`: it was stopped on the way. */
  rollBack(of: RollbackOf): Promise<{ compensated: number; failed: number; held: boolean }>;
  endRollback(of: RollbackOf): Promise<RollbackEnded>;
}
