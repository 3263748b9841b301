import type { NexusConfig } from '#config';
import { armFailpoint, plantBug } from '#failpoints';
import { createLogger } from '#telemetry';
import type { Logger } from '#telemetry';
import { join } from 'node:path';
import { acquireHome } from './embedded/index.js';
import { createClosingOrder } from './launch/closing-order.js';
import type { ClosingOrder } from './launch/closing-order.js';
import { startTemporalServer } from './launch/temporal-server.js';

/** A whole Nexus in this process. */
export interface RunningNexus {
  readonly apiUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  /** Rejects when a part fails without which the whole is of no use. */
  readonly failed: Promise<never>;
  /** Takes no more requests, lets work under way end, and closes everything. */
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly logger?: Logger | undefined;
  /** Told what a person should know while it starts. */
  readonly say?: ((line: string) => void) | undefined;
  /** How long work under way may take to end at the stop, in milliseconds. */
  readonly graceMs?: number | undefined;
}

const defaultGraceMs = 10_000;

/** Starts everything that Nexus is made of, in one process. When a part cannot start, the others are stopped. */
export async function startNexus(config: NexusConfig, options: StartOptions = {}): Promise<RunningNexus> {
  const logger = options.logger ?? createLogger({ level: config.logLevel });
  const closing = createClosingOrder(logger);
  try {
    return await start(config, { ...options, logger }, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

async function start(
  config: NexusConfig,
  { logger, say = () => undefined, graceMs = defaultGraceMs }: StartOptions & { readonly logger: Logger },
  closing: ClosingOrder,
): Promise<RunningNexus> {
  armFailpoint(config.chaos.failpoint);
  plantBug(config.chaos.plantedBug);
  const lock = acquireHome(config.home);
  closing.add('the lock on the home', () => lock.release());

  // The server boots in a process of its own while this one loads its parts and opens the database.
  const [server, store, { serve }] = await sideBySide(
    startTemporalServer(config, say).then((started) => {
      closing.add('Temporal', started.stop);
      return started;
    }),
    openStoreOf(config, logger).then((opened) => {
      closing.add('the database', () => opened.close());
      return opened;
    }),
    import('./launch/serve.js'),
  );
  const { url, failed } = await serve({ config, store, server, logger, graceMs, closing });
  return {
    apiUrl: url,
    temporalAddress: server.address,
    temporalUiUrl: server.uiUrl,
    failed,
    stop: closing.closeAll,
  };
}

async function openStoreOf({ database, home }: NexusConfig, logger: Logger) {
  const where = database.kind === 'postgres' ? { url: database.url.reveal() } : { dataDir: join(home, 'db') };
  const { openStore } = await import('#store');
  return openStore({ ...where, log: (message) => logger.info(message) });
}

/** As `Promise.all`, but a failure is told when all have come to an end, so that nothing opens behind its back. */
async function sideBySide<Parts extends readonly unknown[]>(
  ...parts: { [Index in keyof Parts]: Promise<Parts[Index]> }
): Promise<Parts> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
