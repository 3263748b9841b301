export { createNexusProvider } from './nexus-provider.js';
export type { NexusProviderDeps } from './nexus-provider.js';
export { createActivityProvider } from './activity-provider.js';
export { configuredProviders, providerNames } from './settings.js';
export type { ProviderAccess, ProviderName, ProviderSettings, Secret } from './settings.js';
export { deploymentsFor } from './catalogue/deployments.js';
export type { Deployment } from './catalogue/deployments.js';
export type { CallCatalogue } from './call/call-catalogue.js';
export { listModels } from './catalogue/model-list.js';
export type { ListedModel } from './catalogue/model-list.js';
export { modelTiers, tierId } from './catalogue/tiers.js';
export type { ModelTier } from './catalogue/tiers.js';
export { NexusCallOptions } from './call/call-options.js';
export type { ModelCallRecord } from './call/call-record.js';
export type { CallGuard } from './call/route-call.js';
export type { ResponseCache } from './call/response-cache.js';
export type { HopTrace, RoutedCall, RoutedCallStatus, RouteTrace } from './call/routed-call.js';
export type { DeltaSink, DeltaSource, ShowText } from './call/text-deltas.js';
export type { CallSummary } from './call/slim-reply.js';
export type { CallTimeouts } from './call/watch.js';
export type {
  ConversationKey,
  ConversationStore,
  ConversationTurn,
} from './conversation/conversation-store.js';
export { createKeptConversations } from './conversation/kept-conversations.js';
export type { MessageRepository } from './conversation/kept-conversations.js';
export { createMemoryConversations } from './conversation/memory-conversations.js';
export type { LoadValue } from './conversation/referenced-values.js';
export { generateForTask, ModelTaskSpec } from './task/model-task.js';
export type { ModelTaskContext, ModelTaskResult, ReplyCheck } from './task/model-task.js';
export { budgetExceeded } from './budget/refusal.js';
export { cheaperModel } from './budget/cheaper-model.js';
export { createKeptLedger } from './budget/kept-ledger.js';
export type { KeptLedgerOptions } from './budget/kept-ledger.js';
export type {
  BudgetName,
  BudgetOutlook,
  Ledger,
  RefusedReservation,
  Reservation,
  ReservationRequest,
} from './budget/ledger.js';
