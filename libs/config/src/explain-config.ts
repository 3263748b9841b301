import type { Environment } from './environment.js';
import type { NexusConfig } from './read-config.js';
import { variables } from './variables.js';

/** One line of `nexus config explain`. */
export interface ConfigRow {
  readonly name: string;
  /** As it is in force; credentials masked. */
  readonly value: string;
  readonly source: 'env' | 'default';
  readonly meaning: string;
}

/** Every variable with the value in force, where that comes from, and what it is for. */
export function explainConfig(config: NexusConfig, env: Environment): readonly ConfigRow[] {
  const inForce = effectiveValues(config);
  return variables.map(({ name, meaning, fallback, secret }) => {
    const given = env[name]?.trim();
    if (!given) return { name, value: inForce[name] ?? fallback, source: 'default', meaning };
    return { name, value: secret ? masked(given) : (inForce[name] ?? given), source: 'env', meaning };
  });
}

/** Values that differ from what was typed: paths made absolute, what a Temporal profile says. */
function effectiveValues(config: NexusConfig): Record<string, string | undefined> {
  const { temporal } = config;
  return {
    NEXUS_HOME: config.home,
    NEXUS_WORKSPACES: config.workspaces.join(', '),
    NEXUS_TOOLS: config.toolsFolder,
    NEXUS_MODELS: config.modelsFile,
    TEMPORAL_ADDRESS: temporal.kind === 'external' ? temporal.address : undefined,
    TEMPORAL_NAMESPACE: temporal.namespace,
  };
}

/** Of a URL everything but its password and parameters may be seen, since it says which server is used. */
function masked(given: string): string {
  const url = URL.parse(given);
  if (url === null || url.host === '') return '***';
  if (url.password) url.password = '***';
  url.search = '';
  return url.href;
}
