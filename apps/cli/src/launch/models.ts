import type { NexusConfig } from '#config';
import { formatUsd } from '#contracts';
import { createKeptConversations, createNexusProvider } from '#routing';
import type { Catalogue, ModelCallRecord } from '#routing';
import type { Store } from '#store';
import type { ProviderV4 } from '@ai-sdk/provider';

/** The one door to models: every answered call is kept with its cost and told to those who watch the run. */
export function openModels({ providers }: NexusConfig, store: Store, catalogue: Catalogue): ProviderV4 {
  return createNexusProvider({
    providers,
    catalogue,
    callLog: (call) => keepCall(store, call),
    conversations: createKeptConversations(store.conversations),
    loadValue: (tenant, value) => store.values.load(tenant, value),
  });
}

async function keepCall(store: Store, call: ModelCallRecord): Promise<void> {
  const { id, tenant, runId, taskPath, deployment, inputTokens, outputTokens, costNanos, ms, at } = call;
  // A plan made for a preview belongs to no run.
  if (runId === null) return;
  await store.modelCalls.add({ ...call, runId });
  const data = { deployment, tokens: inputTokens + outputTokens, cost: formatUsd(costNanos), ms };
  const event = {
    type: 'model.call',
    at: at + ms,
    data,
    ...(taskPath === null ? {} : { taskPath }),
  } as const;
  await store.record({ tenant, runId, events: [event], tasks: [], once: id });
}
