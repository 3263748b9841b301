import type { Failure, JsonValue, StoredValue, Tool } from '#contracts';
import { approvalId, inlineLimitBytes } from '#contracts';
import type { Store } from '#store';
import { hashOfJson } from '#store';
import { keepValue } from './evaluation.js';
import type { PlanCache } from './plan-cache.js';
import type { StepRequest } from './step.js';

/** Why a person is asked before a tool is called, by the rule's name; null where nobody is. */
export type ApprovalPolicy = (tool: Pick<Tool, 'name' | 'effect'>) => string | null;

/** Asks before calls of these tools, and with `irreversible` of those whose effect nothing can undo. */
export function approvalPolicy(asksBefore: readonly string[]): ApprovalPolicy {
  const names = new Set(asksBefore);
  return ({ name, effect }) => {
    if (names.has(name)) return name;
    return effect === 'irreversible' && names.has(effect) ? effect : null;
  };
}

/** Whether a call may be made: yes, not before somebody has answered, or no. */
export type Verdict =
  | { readonly verdict: 'open' }
  | { readonly verdict: 'asked'; readonly detail: string }
  | { readonly verdict: 'refused'; readonly error: Failure };

export interface GateDeps {
  readonly store: Store;
  readonly plans: PlanCache;
  readonly asksBefore: ApprovalPolicy;
}

/**
 * Asks a person before a call is made, where the policy wants that. What is approved is the call with just these
 * arguments; a standing rule may have allowed it beforehand, and is then on record as who did.
 */
export async function approvalGate(
  { store, plans, asksBefore }: GateDeps,
  { tenant, runId, path, generation = 0 }: StepRequest,
  tool: Tool,
  input: JsonValue,
): Promise<Verdict> {
  const policy = asksBefore(tool);
  if (policy === null) return { verdict: 'open' };
  const argumentsHash = hashOfJson(input);
  const { name, version } = await plans.get(tenant, runId, '');
  const template = version === null ? null : name;
  const rule = await store.approvals.standingRules.matching(tenant, {
    tool: tool.name,
    template,
    argumentsHash,
  });
  const question = `May ${path} call ${tool.name}?`;
  const known: StoredValue = await keepValue(
    store,
    { tenant, runId, path },
    { tool: tool.name, effect: tool.effect, with: input },
    inlineLimitBytes,
  );
  const row = await store.approvals.gate(
    tenant,
    runId,
    {
      id: approvalId(runId, path, `gate.${generation}.${argumentsHash.slice(0, 12)}`),
      kind: 'TASK',
      taskPath: path,
      question,
      context: known,
      quorum: 1,
      policy,
      argumentsHash,
      requestedAt: Date.now(),
    },
    rule ? { id: rule.id, ...(rule.comment === null ? {} : { comment: rule.comment }) } : undefined,
  );
  if (row.status === 'APPROVED') return { verdict: 'open' };
  if (row.status === 'PENDING') return { verdict: 'asked', detail: question };
  const last = row.decisions.at(-1);
  const why = last?.comment ? `: ${last.comment}` : '';
  const message =
    row.status === 'REJECTED'
      ? `the call of ${tool.name} was rejected by ${last?.by ?? 'a person'}${why}`
      : `nobody has allowed the call of ${tool.name} in time`;
  const code = row.status === 'REJECTED' ? 'APPROVAL_REJECTED' : 'APPROVAL_EXPIRED';
  return { verdict: 'refused', error: { code, message, retryable: false, noEffect: true } };
}
