import type { LanguageModelV4, ProviderV4 } from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { BreakerBoard } from './breaker/breaker-board.js';
import type { Ledger } from './budget/ledger.js';
import type { ModelCallRecord } from './call/call-record.js';
import { closedBoard } from './call/closed-board.js';
import { createFixedRouter } from './call/fixed-router.js';
import { createSetAside } from './call/hop-order.js';
import { createNexusModel } from './call/nexus-model.js';
import type { ModelPorts } from './call/nexus-model.js';
import { createMemoryCache } from './call/response-cache.js';
import type { ResponseCache } from './call/response-cache.js';
import type { CallGuard } from './call/route-call.js';
import type { RoutedCall } from './call/routed-call.js';
import type { ShowText } from './call/text-deltas.js';
import { defaultTimeouts } from './call/watch.js';
import type { CallTimeouts } from './call/watch.js';
import { createCatalogue } from './catalogue/catalogue.js';
import type { Catalogue } from './catalogue/catalogue.js';
import type { ConversationStore } from './conversation/conversation-store.js';
import type { LoadValue } from './conversation/referenced-values.js';
import type { Router } from './decision/route.js';
import { createRedactor } from './failure/redact.js';
import type { ProviderSettings } from './settings.js';

export interface NexusProviderDeps {
  readonly providers: ProviderSettings;
  /** What can be called; without one, what the providers' keys alone give. */
  readonly catalogue?: Pick<Catalogue, 'offers' | 'adapter' | 'secrets'> | undefined;
  /** Keeps what each billed call used and cost; awaited before the answer is given. */
  readonly callLog: (call: ModelCallRecord) => Promise<void>;
  /** Keeps why each call went where it went, and those that nobody answered. */
  readonly routeLog?: ((call: RoutedCall) => Promise<void>) | undefined;
  readonly conversations: ConversationStore;
  /** Loads results of tools that a conversation only refers to. */
  readonly loadValue: LoadValue;
  /** Stands before every hop: kill switch. Without one, every call may start. */
  readonly guard?: CallGuard | undefined;
  /** Puts them in order; without one, they keep that of the catalogue. */
  readonly router?: Router | undefined;
  /** Without breakers none ever opens. */
  readonly breakers?: BreakerBoard | undefined;
  /** Without a ledger nothing is reserved. */
  readonly ledger?: Ledger | undefined;
  /** Shows text as it comes. */
  readonly showText?: ShowText | undefined;
  /** Keeps answers of calls that ask for it; without one, in memory. */
  readonly cache?: ResponseCache | undefined;
  readonly timeouts?: CallTimeouts | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * The AI SDK provider `nexus`, the one door to models. Its models are `nexus:fast`, `nexus:standard` and
 * `nexus:best`, or `provider:model`; whose call it is stands in `providerOptions.nexus`. Failures are NexusErrors.
 */
export function createNexusProvider(deps: NexusProviderDeps): ProviderV4 {
  const catalogue = deps.catalogue ?? createCatalogue({ providers: deps.providers });
  const ports: ModelPorts = {
    catalogue,
    router: deps.router ?? createFixedRouter(),
    board: deps.breakers ?? closedBoard,
    ledger: deps.ledger ?? null,
    callLog: deps.callLog,
    routeLog: deps.routeLog ?? (async () => undefined),
    conversations: deps.conversations,
    loadValue: deps.loadValue,
    guard: deps.guard ?? (async () => new AbortController().signal),
    showText: deps.showText ?? null,
    cache: deps.cache ?? createMemoryCache(),
    setAside: createSetAside(),
    redact: createRedactor(catalogue.secrets),
    timeouts: deps.timeouts ?? defaultTimeouts,
    now: deps.now ?? Date.now,
  };
  return {
    specificationVersion: 'v4',
    languageModel: (modelId): LanguageModelV4 => createNexusModel(modelId, ports),
    embeddingModel: (modelId) => {
      throw nexusError('INVALID_INPUT', `embedding model ${modelId}: nexus offers language models only`);
    },
    imageModel: (modelId) => {
      throw nexusError('INVALID_INPUT', `image model ${modelId}: nexus offers language models only`);
    },
  };
}
