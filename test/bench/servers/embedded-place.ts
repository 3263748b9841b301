import { join } from 'node:path';
import { startEmbeddedTemporal } from '../../../apps/cli/src/embedded/start-temporal.js';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { findTemporal } from '#ops/temporal/binaries';
import type { AppSetting } from '../app/protocol.js';
import { say } from '../report/progress.js';
import { startForNow } from '../run/cleanup.js';

/** A Temporal server on SQLite, as `nexus up` starts it; gives the setting of a column that uses it. */
export async function startEmbeddedPlace(folder: string): Promise<(column: string) => Partial<AppSetting>> {
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) throw new Error('there is no Temporal server on this machine: `npm run bench` builds one');
  const home = join(folder, 'home');
  const temporal = await startForNow(
    () => startEmbeddedTemporal({ home, temporalPort: 0, uiPort: undefined, binaries, log: say }),
    (server) => server.stop(),
  );
  return (column) => ({
    temporalAddress: temporal.address,
    databaseFolder: join(folder, column.replace(':', '-')),
  });
}
