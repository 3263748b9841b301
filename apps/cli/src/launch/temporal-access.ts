import type { NexusConfig } from '#config';
import { nexusError } from '#contracts';
import type { Logger } from '#telemetry';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { registerSearchAttributes } from '../embedded/index.js';
import type { TemporalServer } from './temporal-server.js';

/** A Temporal server as workers and commands use it. */
export interface TemporalAccess {
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly client: Client;
  readonly workerConnection: NativeConnection;
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Our own server has answered already: when it does not now, the machine is busy, and starting over helps nobody. */
const ownServerTimeoutMs = 60_000;

export async function connectTemporal(
  { temporal }: NexusConfig,
  { address, uiUrl }: TemporalServer,
  logger: Logger,
): Promise<TemporalAccess> {
  takeSignalsFromTemporal(logger);
  const { namespace } = temporal;
  const options = { address, ...(temporal.kind === 'external' ? credentials(temporal) : {}) };
  const patience = temporal.kind === 'external' ? {} : { connectTimeout: ownServerTimeoutMs };
  const [connection, workerConnection] = await Promise.all([
    Connection.connect({ ...options, ...patience }),
    NativeConnection.connect(options),
  ]).catch((error: unknown) => {
    throw nexusError('UNAVAILABLE', `Temporal at ${address} cannot be reached: ${(error as Error).message}`, {
      hint: 'check TEMPORAL_ADDRESS and the other TEMPORAL_ variables: nexus config explain',
      cause: error,
    });
  });
  if (temporal.kind === 'external') await prepareExternal(connection, namespace, logger);
  return {
    namespace,
    uiUrl,
    client: new Client({ connection, namespace }),
    workerConnection,
    check: async () => void (await connection.workflowService.getSystemInfo({})),
    close: async () => {
      await connection.close();
      await workerConnection.close();
    },
  };
}

function credentials({ apiKey, tls, metadata }: Extract<NexusConfig['temporal'], { kind: 'external' }>) {
  return {
    ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
    ...(tls === undefined ? {} : { tls }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Temporal Cloud lets only its own tools add search attributes; where they are missing, starting a run says so. */
async function prepareExternal(connection: Connection, namespace: string, logger: Logger): Promise<void> {
  await registerSearchAttributes(connection, namespace).catch((error: unknown) => {
    logger.warn(
      { error, namespace },
      'could not add the search attributes of runs: add them with Temporal’s tools',
    );
  });
}

let installed = false;

/** This process owns its signals, and Temporal's lines go where all others go. Once a process. */
function takeSignalsFromTemporal(logger: Logger): void {
  if (installed) return;
  installed = true;
  const log = new DefaultLogger('WARN', ({ level, message, meta }) => {
    // The worker for activities is meant to have none.
    if (message.startsWith('No workflows registered')) return;
    logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
  });
  Runtime.install({ shutdownSignals: [], logger: log });
}
