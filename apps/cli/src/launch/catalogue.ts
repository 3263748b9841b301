import type { NexusConfig } from '#config';
import { defaultTenant } from '#contracts';
import { createCatalogue, fetchPrices, loadPrices, startPriceRefresh } from '#routing';
import type { Catalogue } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';

/** The catalogue of models, with the prices that refreshes brought before; newer ones are not looked up yet. */
export async function openCatalogue({ providers, models }: NexusConfig, store: Store): Promise<Catalogue> {
  const catalogue = createCatalogue({ providers, file: models });
  // Without a refresh that keeps them new, kept prices would outlive those of a newer release.
  if (models?.refresh !== undefined) await loadPrices(defaultTenant, store.prices, catalogue);
  return catalogue;
}

/** Takes prices over that were approved. */
export function takeApproved(
  { models }: NexusConfig,
  store: Store,
  catalogue: Catalogue,
): () => Promise<void> {
  return async () => {
    if (models?.refresh !== undefined) await loadPrices(defaultTenant, store.prices, catalogue);
  };
}

/** Keeps prices new, where the catalogue file says from where. */
export function keepPricesNew(
  { models }: NexusConfig,
  store: Store,
  catalogue: Catalogue,
  logger: Logger,
): { readonly stop: () => Promise<void> } {
  const source = models?.refresh;
  if (source === undefined) return { stop: () => Promise.resolve() };
  return startPriceRefresh({
    tenant: defaultTenant,
    store: store.prices,
    leases: store.leases,
    catalogue,
    source,
    fetchList: fetchPrices,
    now: Date.now,
    told: (outcome) => logger.info(outcome, 'looked prices of models up'),
    failed: (error) => logger.warn({ error }, 'prices of models could not be looked up'),
  });
}
