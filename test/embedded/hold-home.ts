import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { findTemporal } from '#ops/temporal/binaries';
import { acquireHome, onStopSignal, startEmbeddedTemporal } from '../../apps/cli/src/embedded/index.js';

const [home = '', temporalPort, uiPort] = process.argv.slice(2);
const report = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Keeps the process alive until it is told to stop. */
const alive = setInterval(() => undefined, 1_000);
try {
  const lock = acquireHome(home);
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) throw new Error('no Temporal server on this machine');
  const temporal = await startEmbeddedTemporal({
    home,
    temporalPort: Number(temporalPort),
    uiPort: Number(uiPort),
    binaries,
    log: (line) => void process.stderr.write(`${line}\n`),
  });
  onStopSignal(() => {
    void temporal.stop().finally(() => {
      lock.release();
      clearInterval(alive);
    });
  });
  report({ address: temporal.address, adopted: temporal.adopted, pids: temporal.pids() });
} catch (error) {
  report({ refused: (error as Error).message });
  clearInterval(alive);
}
