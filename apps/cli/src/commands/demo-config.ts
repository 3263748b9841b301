import { isAbsolute, relative } from 'node:path';
import type { NexusConfig } from '#config';
import type { Environment } from '../cli-context.js';
import { isPortFree } from '../embedded/free-ports.js';

/** The configuration with the repository among the workspaces, and free ports where the usual ones are taken. */
export async function demoConfig(config: NexusConfig, env: Environment, repo: string): Promise<NexusConfig> {
  const { api, temporal, workspaces } = config;
  return {
    ...config,
    api: { ...api, port: await usable(api.port, env['NEXUS_PORT']) },
    temporal:
      temporal.kind === 'external'
        ? temporal
        : {
            ...temporal,
            port: await usable(temporal.port, env['NEXUS_TEMPORAL_PORT']),
            uiPort: await usable(temporal.uiPort, env['NEXUS_TEMPORAL_UI_PORT']),
          },
    workspaces: workspaces.some((folder) => isInside(folder, repo)) ? workspaces : [...workspaces, repo],
  };
}

/** A port that was asked for is taken or refused; the usual one gives way to any that is free. */
async function usable(port: number, asked: string | undefined): Promise<number> {
  return asked || (await isPortFree(port)) ? port : 0;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}
