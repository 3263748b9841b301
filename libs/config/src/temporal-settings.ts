import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { Environment } from './environment.js';
import type { ConfigFault } from './fault.js';
import { secret, type Secret } from './secret.js';

/** A Temporal server that is not ours, reached as its own tools reach it. */
export interface ExternalTemporal {
  readonly kind: 'external';
  readonly address: string;
  readonly namespace: string;
  readonly apiKey: Secret | undefined;
  readonly tls: ClientConnectConfig['connectionOptions']['tls'] | undefined;
  readonly metadata: Readonly<Record<string, string | Buffer>> | undefined;
}

/** The server that Nexus starts itself. */
export interface EmbeddedTemporalSettings {
  readonly kind: 'embedded';
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
}

export type TemporalSettings = ExternalTemporal | EmbeddedTemporalSettings;

/**
 * The server that `TEMPORAL_*` variables or a profile name, by the rules of Temporal's own library, so that
 * what works with the `temporal` command works here. Undefined when they name none.
 */
export function readExternalTemporal(
  env: Environment,
  faults: ConfigFault[],
): { external: ExternalTemporal | undefined; namespace: string } {
  const loaded = load(env, faults);
  const namespace = loaded?.namespace ?? 'default';
  const options = loaded?.connectionOptions;
  if (options?.address === undefined) return { external: undefined, namespace };
  if (!/^[^\s/:]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i.test(options.address)) {
    faults.push({
      variable: 'TEMPORAL_ADDRESS',
      problem: `"${options.address}" is not host:port`,
      hint: 'Such as 127.0.0.1:7233, without a scheme.',
    });
  }
  const { address, tls, metadata } = options;
  const apiKey = typeof options.apiKey === 'string' ? secret(options.apiKey) : undefined;
  return { external: { kind: 'external', address, namespace, apiKey, tls, metadata }, namespace };
}

function load(env: Environment, faults: ConfigFault[]): ClientConnectConfig | undefined {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
  } catch (error) {
    faults.push({
      variable: env['TEMPORAL_PROFILE'] ? 'TEMPORAL_PROFILE' : 'TEMPORAL_CONFIG_FILE',
      problem: (error as Error).message,
      hint: 'Correct the profile or the file, or set TEMPORAL_ADDRESS alone.',
    });
    return undefined;
  }
}
