import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this launcher belongs to, wherever it is called from. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Where things live that outlast a checkout: the pinned Node.js, the Temporal server, test databases.
 * `NEXUS_CACHE`, else the XDG cache folder.
 */
export function cacheFolder(env = process.env) {
  if (env.NEXUS_CACHE) return resolve(env.NEXUS_CACHE);
  const base = env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(env.HOME || homedir(), '.cache');
  return join(base, 'nexus');
}
