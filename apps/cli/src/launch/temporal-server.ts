import type { NexusConfig } from '#config';
import { nexusError } from '#contracts';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { findTemporal } from '#ops/temporal/binaries';
import { startEmbeddedTemporal } from '../embedded/index.js';

/** A Temporal server: ours, in a process of its own, or one that runs elsewhere. */
export interface TemporalServer {
  readonly address: string;
  readonly uiUrl: string | null;
  /** Ends it when it is ours. */
  readonly stop: () => Promise<void>;
}

/** Takes the server that is configured, or starts the embedded one. */
export async function startTemporalServer(
  { temporal, home, api }: NexusConfig,
  say: (line: string) => void,
): Promise<TemporalServer> {
  if (temporal.kind === 'external') {
    return { address: temporal.address, uiUrl: null, stop: () => Promise.resolve() };
  }
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) {
    throw nexusError('FAILED_PRECONDITION', 'there is no Temporal server on this machine', {
      hint: 'npm start gets or builds one, or set TEMPORAL_ADDRESS to one that runs; see nexus doctor',
    });
  }
  const { port: temporalPort, uiPort, namespace } = temporal;
  const apiPort = { port: api.port, host: api.host, variable: 'NEXUS_PORT', purpose: 'the API' };
  const otherPorts = api.port === 0 ? [] : [apiPort];
  const options = { home, temporalPort, uiPort, namespace, binaries, otherPorts, log: say };
  const embedded = await startEmbeddedTemporal(options);
  return { address: embedded.address, uiUrl: embedded.uiUrl ?? null, stop: () => embedded.stop() };
}
