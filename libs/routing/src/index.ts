export { createNexusProvider } from './nexus-provider.js';
export type { NexusProviderDeps } from './nexus-provider.js';
export { createActivityProvider } from './activity-provider.js';
export { providerNames } from './settings.js';
export type { CatalogueFile, ProviderAccess, ProviderName, ProviderSettings, Secret } from './settings.js';
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
