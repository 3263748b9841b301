import type { NanoUsd, Usage } from '#contracts';

/** What is asked for before a call. */
export interface ReservationRequest {
  /** `workflow/run/activity/attempt/hop`: the same call again is the same reservation. */
  readonly key: string;
  readonly tenant: string;
  /** Null for a call outside any run. The tree of a run shares its budget: this is the root. */
  readonly runId: string | null;
  readonly taskPath: string | null;
  readonly deployment: string;
  readonly priceVersion: string | null;
  readonly nanos: NanoUsd;
  readonly tokens: number;
  /** How long the call may take at most: afterwards its outcome counts as unknown. */
  readonly leaseMs: number;
}

export type Reservation =
  | { readonly state: 'reserved' }
  /** An attempt before has got its answer, and it is paid for. */
  | { readonly state: 'settled' }
  /** An attempt before has asked and its answer is not known. */
  | { readonly state: 'dispatched' }
  | RefusedReservation;

/** `pending`: it would fit, were it not for calls that are under way and may turn out cheaper. */
export interface RefusedReservation {
  readonly state: 'refused';
  readonly budget: BudgetName;
  readonly left: NanoUsd | number;
  readonly pending: boolean;
}

/** The budget that a call does not fit in: of the run's tree, or of the tenant for the day. */
export interface BudgetName {
  readonly scope: 'run' | 'tenant';
  readonly unit: 'money' | 'tokens' | 'calls' | 'time';
}

/** What is left for the calls of a run. */
export interface BudgetOutlook {
  /** In money, of the tightest hard budget, if calls under way come to cost nothing; null: none. */
  readonly remaining: NanoUsd | null;
  /** A person wants cheaper models from now on. */
  readonly cheaper: boolean;
}

/** Nothing is spent that was not reserved: reserve, mark as dispatched, settle; in whole nano-dollars. */
export interface Ledger {
  /**
   * What is left of the tightest hard budget in money, if calls under way come to cost nothing: what does not fit in
   * that will not. Whether a call fits now, only `reserve` says. Null: there is no such budget.
   */
  remaining(tenant: string, runId: string | null): Promise<NanoUsd | null>;
  /** The same, and whether a person wants cheaper models, in one go. */
  standing(tenant: string, runId: string | null): Promise<BudgetOutlook>;
  /** Reserved and marked as dispatched in one go, right before the request is sent. */
  reserve(request: ReservationRequest): Promise<Reservation>;
  /** Once; what it really cost, also beyond what was reserved. */
  settle(
    key: string,
    tenant: string,
    actual: { readonly nanos: NanoUsd; readonly usage: Usage },
  ): Promise<void>;
  /** Nothing was billed: the request never reached the provider, or was refused before any work. */
  release(key: string, tenant: string): Promise<void>;
}
