export { createNexusProvider } from './nexus-provider.js';
export type { NexusProviderDeps } from './nexus-provider.js';
export { createActivityProvider } from './activity-provider.js';
export type {
  BreakerBoard,
  BreakerPermit,
  BreakerResult,
  BreakerState,
  BreakerView,
} from './breaker/breaker-board.js';
export { breakerDefaults } from './breaker/breaker-settings.js';
export type { BreakerSettings } from './breaker/breaker-settings.js';
export type { BreakerReport } from './breaker/breakers.js';
export { createLocalBoard } from './breaker/local-board.js';
export type { LocalBoard, LocalBoardOptions } from './breaker/local-board.js';
export { openSharedBoard } from './breaker/shared-board.js';
export type { SharedBoard, SharedBoardDeps } from './breaker/shared-board.js';
export { openSharedLimits } from './breaker/shared-limits.js';
export type { Limit, SharedLimits } from './breaker/shared-limits.js';
export { providerNames } from './settings.js';
export type { CatalogueFile, ProviderAccess, ProviderName, ProviderSettings, Secret } from './settings.js';
export type { Router } from './decision/route.js';
export { createCatalogue } from './catalogue/catalogue.js';
export type { Catalogue } from './catalogue/catalogue.js';
export { apiOf } from './catalogue/deployment.js';
export type { Ability, Deployment, PriceVersion, QuotaPool } from './catalogue/deployment.js';
export { listModels } from './catalogue/model-list.js';
export { fetchPrices } from './refresh/fetch-prices.js';
export { startPriceRefresh } from './refresh/refresh-loop.js';
export { approvedVersion, loadPrices } from './refresh/refresh-prices.js';
export type { ListedModel } from './catalogue/model-list.js';
export type { Rates } from './catalogue/price-version.js';
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
export { createRouter } from './decision/router.js';
export type { DeploymentHealth, RouterDeps, SharingRouter } from './decision/router.js';
export { nextHop } from './decision/next-hop.js';
export type { Blame, NextHop, Tried } from './decision/next-hop.js';
