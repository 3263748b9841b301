import type { LanguageModelV4, ProviderV4 } from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { ModelCallRecord } from './call/call-record.js';
import { createNexusModel } from './call/nexus-model.js';
import type { CallGuard } from './call/nexus-model.js';
import { defaultTimeouts } from './call/watch.js';
import type { CallTimeouts } from './call/watch.js';
import { createCatalogue } from './catalogue/catalogue.js';
import type { Catalogue } from './catalogue/catalogue.js';
import type { Deployment } from './catalogue/deployment.js';
import type { ConversationStore } from './conversation/conversation-store.js';
import type { LoadValue } from './conversation/referenced-values.js';
import { createRedactor } from './failure/redact.js';
import type { ProviderSettings } from './settings.js';

export interface NexusProviderDeps {
  readonly providers: ProviderSettings;
  /** What can be called; without one, what the providers' keys alone give. */
  readonly catalogue?: Catalogue | undefined;
  /** Keeps what each answered call used and cost; awaited before the answer is given. */
  readonly callLog: (call: ModelCallRecord) => Promise<void>;
  readonly conversations: ConversationStore;
  /** Loads results of tools that a conversation only refers to. */
  readonly loadValue: LoadValue;
  /** Stands before every call: budget, kill switch. Without one, every call may start. */
  readonly guard?: CallGuard | undefined;
  readonly timeouts?: CallTimeouts | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * The AI SDK provider `nexus`, the one door to models. Its models are `nexus:fast`, `nexus:standard` and
 * `nexus:best`, or `provider:model`; whose call it is stands in `providerOptions.nexus`. Failures are NexusErrors.
 */
export function createNexusProvider(deps: NexusProviderDeps): ProviderV4 {
  const catalogue = deps.catalogue ?? createCatalogue({ providers: deps.providers });
  const now = deps.now ?? Date.now;
  const ports = {
    adapter: catalogue.adapter,
    callLog: deps.callLog,
    conversations: deps.conversations,
    loadValue: deps.loadValue,
    guard: deps.guard ?? (async () => new AbortController().signal),
    redact: createRedactor(catalogue.secrets),
    timeouts: deps.timeouts ?? defaultTimeouts,
    now,
  };
  return {
    specificationVersion: 'v4',
    languageModel: (modelId): LanguageModelV4 =>
      createNexusModel(modelId, () => ofOneGrade(catalogue.offers(modelId, now())), ports),
    embeddingModel: (modelId) => {
      throw nexusError('INVALID_INPUT', `embedding model ${modelId}: nexus offers language models only`);
    },
    imageModel: (modelId) => {
      throw nexusError('INVALID_INPUT', `image model ${modelId}: nexus offers language models only`);
    },
  };
}

/** Without a router, a better and dearer model does not stand in for one that fails. */
function ofOneGrade(offers: readonly Deployment[]): readonly Deployment[] {
  return offers.filter(({ grade }) => grade === offers[0]?.grade);
}
