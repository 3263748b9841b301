import { createModelText } from '#activities';
import type { NexusConfig } from '#config';
import { formatUsd } from '#contracts';
import type { JsonValue } from '#contracts';
import { createKeptConversations, createKeptLedger, createNexusProvider } from '#routing';
import type { ModelCallRecord, RoutedCall } from '#routing';
import type { Store } from '#store';
import type { ProviderV4 } from '@ai-sdk/provider';

/**
 * The one door to models: every call is reserved from its budgets, kept with its cost and its reasons, and told to those
 * who watch the run. `news`: the outbox has something for the run's workflow.
 */
export function openModels(
  { providers, dailyBudget }: NexusConfig,
  store: Store,
  news: (tenant: string, runId: string) => void,
): ProviderV4 {
  return createNexusProvider({
    providers,
    callLog: (call) => keepCall(store, call),
    routeLog: (call) => keepRoute(store, call),
    conversations: createKeptConversations(store.conversations),
    loadValue: (tenant, value) => store.values.load(tenant, value),
    showText: createModelText(store),
    cache: store.modelReplies,
    ledger: createKeptLedger(store.ledger, { daily: dailyBudget, news }),
  });
}

async function keepCall(store: Store, call: ModelCallRecord): Promise<void> {
  const { id, tenant, runId, taskPath, deployment, inputTokens, outputTokens, costNanos, ms, at } = call;
  // A plan made for a preview belongs to no run.
  if (runId === null) return;
  await store.modelCalls.add({ ...call, runId });
  const tokens = inputTokens + outputTokens;
  const data = { call: id, deployment, tokens, cost: formatUsd(costNanos), ms };
  const event = {
    type: 'model.call',
    at: at + ms,
    data,
    ...(taskPath === null ? {} : { taskPath }),
  } as const;
  await store.record({ tenant, runId, events: [event], tasks: [], once: id });
}

async function keepRoute(store: Store, { runId, ...call }: RoutedCall): Promise<void> {
  if (runId === null) return;
  await store.routedCalls.add({ ...call, runId, trace: call.trace as unknown as JsonValue });
}
