import type { NexusConfig } from '#config';
import { nexusError } from '#contracts';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { findTemporal } from '#ops/temporal/binaries';
import type { Logger } from '#telemetry';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { registerSearchAttributes, startEmbeddedTemporal } from '../embedded/index.js';

/** A Temporal server that can be used, and how people see it. */
export interface TemporalAccess {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly client: Client;
  readonly workerConnection: NativeConnection;
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Server {
  readonly address: string;
  readonly uiUrl: string | null;
  readonly stop: () => Promise<void>;
}

/** Starts the embedded server, or takes the one that is configured, and connects to it. */
export async function openTemporal(
  config: NexusConfig,
  logger: Logger,
  say: (line: string) => void,
): Promise<TemporalAccess> {
  takeSignalsFromTemporal(logger);
  const server = await serverFor(config, say);
  try {
    return await connect(config, server, logger);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function serverFor({ temporal, home, api }: NexusConfig, say: (line: string) => void): Promise<Server> {
  if (temporal.kind === 'external') {
    return { address: temporal.address, uiUrl: null, stop: () => Promise.resolve() };
  }
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) {
    throw nexusError('FAILED_PRECONDITION', 'there is no Temporal server on this machine', {
      hint: 'npm start gets or builds one; or set TEMPORAL_ADDRESS to one that runs; see nexus doctor',
    });
  }
  const { port: temporalPort, uiPort, namespace } = temporal;
  const apiPort = { port: api.port, host: api.host, variable: 'NEXUS_PORT', purpose: 'the API' };
  const otherPorts = api.port === 0 ? [] : [apiPort];
  const embedded = await startEmbeddedTemporal({
    home,
    temporalPort,
    uiPort,
    namespace,
    binaries,
    otherPorts,
    log: say,
  });
  return { address: embedded.address, uiUrl: embedded.uiUrl ?? null, stop: embedded.stop };
}

async function connect({ temporal }: NexusConfig, server: Server, logger: Logger): Promise<TemporalAccess> {
  const { address, uiUrl } = server;
  const { namespace } = temporal;
  const options = { address, ...(temporal.kind === 'external' ? credentials(temporal) : {}) };
  const [connection, workerConnection] = await Promise.all([
    Connection.connect(options),
    NativeConnection.connect(options),
  ]).catch((error: unknown) => {
    throw nexusError('UNAVAILABLE', `Temporal at ${address} cannot be reached: ${(error as Error).message}`, {
      hint: 'check TEMPORAL_ADDRESS and the other TEMPORAL_ variables: nexus config explain',
      cause: error,
    });
  });
  if (temporal.kind === 'external') await prepareExternal(connection, namespace, logger);
  return {
    address,
    namespace,
    uiUrl,
    client: new Client({ connection, namespace }),
    workerConnection,
    check: async () => void (await connection.workflowService.getSystemInfo({})),
    close: async () => {
      await Promise.allSettled([connection.close(), workerConnection.close()]);
      await server.stop();
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

/** On Temporal Cloud only its own tools may add search attributes; then they are there or runs say so. */
async function prepareExternal(connection: Connection, namespace: string, logger: Logger): Promise<void> {
  await registerSearchAttributes(connection, namespace).catch((error: unknown) => {
    logger.warn(
      { error, namespace },
      'could not add the search attributes of runs: add them with your own tools',
    );
  });
}

let installed = false;

/** This process owns its signals, and Temporal's own lines go where all others go. Once a process. */
function takeSignalsFromTemporal(logger: Logger): void {
  if (installed) return;
  installed = true;
  const log = new DefaultLogger('WARN', ({ level, message, meta }) => {
    logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
  });
  Runtime.install({ shutdownSignals: [], logger: log });
}
