import type { ApprovalKind, ApprovalStatus, JsonSchema, JsonValue, NanoUsd, StoredValue } from '#contracts';
import type { ApprovalRow, DecisionRow, ListedApproval } from '#store';
import type { UserError } from './user-error.js';

/** Something that a person is asked, as every door shows it. What may be large is loaded when it is asked for. */
export interface ApprovalView {
  readonly __typename: 'Approval';
  readonly id: string;
  readonly runId: string;
  readonly kind: ApprovalKind;
  readonly taskPath: string | null;
  readonly question: string;
  readonly storedContext: StoredValue | null;
  readonly status: ApprovalStatus;
  readonly answerSchema: JsonSchema | null;
  readonly quorum: number;
  readonly role: string | null;
  readonly policy: string | null;
  readonly argumentsHash: string | null;
  readonly onTimeout: string | null;
  readonly escalateTo: string | null;
  readonly decisions: readonly DecisionRow[];
  readonly answer: JsonValue | null;
  readonly requestedAt: number;
  readonly expiresAt: number | null;
  readonly decidedAt: number | null;
  /** What its run is for and has cost, where that was read with it. */
  readonly ofRun: { readonly goal: string | null; readonly costNanos: NanoUsd } | null;
}

/** What commands on approvals answer. */
export interface ApprovalPayload {
  readonly approval: ApprovalView | null;
  readonly userErrors: readonly UserError[];
}

export function approvalView(row: ApprovalRow | ListedApproval): ApprovalView {
  const { context, ...shown } = row;
  return {
    ...shown,
    __typename: 'Approval',
    storedContext: context,
    ofRun: 'run' in row ? row.run : null,
  };
}
