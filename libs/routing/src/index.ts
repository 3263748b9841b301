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
export { configuredProviders, providerNames } from './settings.js';
export type { ProviderAccess, ProviderName, ProviderSettings, Secret } from './settings.js';
export { deploymentsFor } from './catalogue/deployments.js';
export type { Deployment } from './catalogue/deployments.js';
export { listModels } from './catalogue/model-list.js';
export type { ListedModel } from './catalogue/model-list.js';
export { modelTiers, tierId } from './catalogue/tiers.js';
export type { ModelTier } from './catalogue/tiers.js';
export { NexusCallOptions } from './call/call-options.js';
export type { ModelCallRecord } from './call/call-record.js';
export type { CallGuard } from './call/nexus-model.js';
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
export { createRouter } from './decision/router.js';
export type { DeploymentHealth, RouterDeps, SharingRouter } from './decision/router.js';
export { nextHop } from './decision/next-hop.js';
export type { Blame, NextHop, Tried } from './decision/next-hop.js';
