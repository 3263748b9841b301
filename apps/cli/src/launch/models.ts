import { createModelText } from '#activities';
import type { NexusConfig } from '#config';
import { formatUsd } from '#contracts';
import type { JsonValue } from '#contracts';
import { createKeptConversations, createKeptLedger, createNexusProvider } from '#routing';
import type { BreakerBoard, Catalogue, ModelCallRecord, RoutedCall, Router } from '#routing';
import type { Store } from '#store';
import type { ProviderV4 } from '@ai-sdk/provider';

export interface ModelParts {
  readonly config: NexusConfig;
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly router: Router;
  readonly breakers: BreakerBoard;
  /** The outbox has something for the run's workflow. */
  readonly news: (tenant: string, runId: string) => void;
}

/**
 * The one door to models: every call is routed, reserved from its budgets, kept with its cost and its reasons, and told to
 * those who watch the run.
 */
export function openModels({ config, store, catalogue, router, breakers, news }: ModelParts): ProviderV4 {
  const { providers, dailyBudget } = config;
  return createNexusProvider({
    providers,
    catalogue,
    router,
    breakers,
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
