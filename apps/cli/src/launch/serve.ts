import { approvalPolicy } from '#activities';
import { createCommands, tellStored } from '#commands';
import type { CommandDeps } from '#commands';
import type { NexusConfig } from '#config';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import { openBreakers } from './breakers.js';
import type { ClosingOrder } from './closing-order.js';
import { keepPricesNew, openCatalogue } from './catalogue.js';
import { commandDeps } from './command-deps.js';
import { openModels } from './models.js';
import { openRouter } from './router.js';
import { startApi } from './start-api.js';
import { startWorker } from './start-worker.js';
import { connectTemporal } from './temporal-access.js';
import type { TemporalServer } from './temporal-server.js';
import { openTools } from './tools.js';

export interface ServeParts {
  readonly config: NexusConfig;
  readonly store: Store;
  readonly server: TemporalServer;
  readonly logger: Logger;
  readonly graceMs: number;
  readonly closing: ClosingOrder;
}

/** Worker and API over a database and a Temporal server that are there. */
export async function serve(
  parts: ServeParts,
): Promise<{ readonly url: string; readonly failed: Promise<never> }> {
  const { config, store, server, logger, graceMs, closing } = parts;
  const [temporal, tools] = await Promise.all([connectTemporal(config, server, logger), openTools(config)]);
  closing.add('the connections to Temporal', temporal.close);

  const catalogue = await openCatalogue(config, store);
  const breakers = await openBreakers(store, catalogue, logger, closing);
  const router = openRouter({ ...breakers, catalogue });
  const news = (tenant: string, runId: string): void => void tellStored(deps, tenant, runId);
  const models = openModels({ config, store, catalogue, router, breakers: breakers.board, news });
  const own = { config, store, temporal, tools, models, breakers, catalogue, router, logger };
  const deps: CommandDeps = commandDeps(own);
  const commands = createCommands(deps);
  const { planRun: planGoal, killByTrigger: killRun } = commands;
  const { workerLabels: labels } = config;
  const worker = await startWorker({
    temporal,
    store,
    tools,
    models,
    planGoal,
    killRun,
    asksBefore: approvalPolicy(config.asksBefore),
    breakers: breakers.board,
    logger,
    labels,
    graceMs,
  });
  closing.add('the worker', worker.stop);
  const api = await startApi({ config, commands, deps, temporal });
  closing.add('the API', api.stop);
  closing.add('the refresh of prices', keepPricesNew(config, store, catalogue, logger).stop);
  return { url: api.url, failed: worker.failed };
}
