import { stringify } from 'yaml';

/** Ports of one Temporal server: only the frontend is for others, the rest is how its services find each other. */
export interface TemporalPorts {
  readonly frontend: number;
  readonly frontendMembership: number;
  readonly history: number;
  readonly historyMembership: number;
  readonly matching: number;
  readonly matchingMembership: number;
  readonly worker: number;
  readonly workerMembership: number;
}

/** How many free ports a server needs besides that of its frontend. */
export const internalPortCount = 7;

/** Names the free ports that were found. */
export function temporalPorts(frontend: number, free: readonly number[]): TemporalPorts {
  const port = (index: number): number => {
    const found = free[index];
    if (found === undefined)
      throw new Error(`${internalPortCount} free ports are needed, got ${free.length}`);
    return found;
  };
  return {
    frontend,
    frontendMembership: port(0),
    history: port(1),
    historyMembership: port(2),
    matching: port(3),
    matchingMembership: port(4),
    worker: port(5),
    workerMembership: port(6),
  };
}

/** The server's configuration: all services in one process, loopback only, everything in one SQLite file. */
export function serverConfig(options: {
  databaseFile: string;
  dynamicConfigFile: string;
  ports: TemporalPorts;
}): string {
  const { ports } = options;
  const address = `127.0.0.1:${ports.frontend}`;
  const rpc = (grpcPort: number, membershipPort: number) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  });
  return stringify({
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'sqlite',
      visibilityStore: 'sqlite',
      // Fixed for the life of the database file.
      numHistoryShards: 1,
      datastores: { sqlite: { sql: sqliteStore(options.databaseFile) } },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: rpc(ports.frontend, ports.frontendMembership),
      history: rpc(ports.history, ports.historyMembership),
      matching: rpc(ports.matching, ports.matchingMembership),
      worker: rpc(ports.worker, ports.workerMembership),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: options.dynamicConfigFile, pollInterval: '60s' },
  });
}

/** `setup` creates the schema in an empty file. The write-ahead log survives a killed server. */
function sqliteStore(databaseFile: string) {
  return {
    pluginName: 'sqlite',
    databaseName: asUriPath(databaseFile),
    connectAddr: 'localhost',
    connectProtocol: 'tcp',
    connectAttributes: {
      cache: 'private',
      setup: 'true',
      journal_mode: 'wal',
      synchronous: 'full',
    },
    maxConns: 1,
    maxIdleConns: 1,
  };
}

/** The server puts the path into a `file:` URI as it is. */
function asUriPath(file: string): string {
  return file.replaceAll('%', '%25').replaceAll('?', '%3f').replaceAll('#', '%23');
}

/** Features that Nexus relies on; names as `validate-dynamic-config` of the server knows them. */
export function dynamicConfig(): string {
  const features = {
    'frontend.WorkflowPauseEnabled': true,
    'matching.enableFairness': true,
    // One server, one user: a new search attribute is usable at once instead of after a cache's lifetime.
    'system.forceSearchAttributesCacheRefreshOnRead': true,
    // A run that fails in its first second is rolled back at once; the guard against tight loops stays, with less to wait.
    'history.continueAsNewMinInterval': '100ms',
  };
  return stringify(Object.fromEntries(Object.entries(features).map(([name, value]) => [name, [{ value }]])));
}

/** The web interface's configuration. */
export function uiConfig(options: { temporalAddress: string; port: number; namespace: string }): string {
  return stringify({
    temporalGrpcAddress: options.temporalAddress,
    host: '127.0.0.1',
    port: options.port,
    enableUi: true,
    defaultNamespace: options.namespace,
  });
}
