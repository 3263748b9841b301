import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { lastLines, runCommand } from '../set-up/run-command.mjs';
import { setUpError } from '../set-up/set-up-error.mjs';
import { downloadCli } from './download.mjs';
import { findGo, findTemporal, temporalPrograms } from './binaries.mjs';

/** Go before this version cannot fetch the toolchain that go.mod asks for. */
const oldestGo = [1, 21];

/**
 * Sees to it that a Temporal server can be started: nothing to do when one is configured or found. Else the
 * pinned server and UI are built from source, checked against go.sum, into the cache; without Go the
 * Temporal CLI is downloaded.
 */
export async function ensureTemporal({ cache, progress, root, env = process.env }) {
  if (namesAServer(env) || findTemporal({ cache, root, env })) return;
  const { server, ui, cli } = temporalPrograms({ root, cache });
  const go = await usableGo(env);
  if (!go) return download({ cli, progress, root });
  await progress.step(
    `Building the Temporal server ${server.version} (once per machine; about 4 minutes on two cores)`,
    () => build({ go, root, program: server }),
  );
  await progress.step(`Building the Temporal UI ${ui.version}`, () => build({ go, root, program: ui }));
}

/**
 * Whether the environment or a profile names a server. The product reads profiles with Temporal's own
 * library; this runs before packages are there, and only has to know whether one has an address.
 */
function namesAServer(env) {
  if (env.TEMPORAL_ADDRESS) return true;
  const file = env.TEMPORAL_CONFIG_FILE || join(userConfigFolder(env), 'temporalio', 'temporal.toml');
  if (!existsSync(file)) return false;
  const wanted = `profile.${env.TEMPORAL_PROFILE || 'default'}`;
  const sections = readFileSync(file, 'utf8').split(/^\s*\[/m);
  const section = sections.find((text) => text.split(']')[0].replaceAll(/["'\s]/g, '') === wanted);
  return section !== undefined && /^\s*address\s*=/m.test(section);
}

function userConfigFolder(env) {
  const home = env.HOME || homedir();
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}

async function usableGo(env) {
  const go = findGo(env);
  if (!go) return undefined;
  const { output } = await runCommand(go, ['env', 'GOVERSION'], { env: { ...env, GOTOOLCHAIN: 'local' } });
  const [major, minor] = (output.match(/go(\d+)\.(\d+)/) ?? []).slice(1).map(Number);
  return major > oldestGo[0] || (major === oldestGo[0] && minor >= oldestGo[1]) ? go : undefined;
}

async function download({ cli, progress, root }) {
  try {
    await progress.step('Downloading the Temporal CLI, since there is no Go to build the server', () =>
      downloadCli(cli),
    );
  } catch (error) {
    const wanted = readFileSync(join(root, 'ops/temporal/go.mod'), 'utf8').match(/^go (\S+)/m)[1];
    throw setUpError(
      `There is no Temporal server on this machine, none can be downloaded (${error.cause?.message ?? error.message}), and there is no Go to build one with.`,
      `Install Go ${wanted} (https://go.dev/dl/), or the Temporal CLI (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS to a server that runs; then run the command again.`,
    );
  }
}

async function build({ go, root, program }) {
  mkdirSync(dirname(program.file), { recursive: true });
  const scratch = mkdtempSync(`${program.file}.`);
  try {
    const output = join(scratch, program.name);
    const args = ['build', '-mod=readonly', '-ldflags=-s -w', '-o', output, program.path];
    const result = await runCommand(go, args, {
      cwd: join(root, 'ops/temporal'),
      // An older Go fetches the toolchain that go.mod names; a new enough one is used as it is.
      env: { ...process.env, GOTOOLCHAIN: 'auto', GOWORK: 'off', GOFLAGS: '-buildvcs=false' },
    });
    if (result.code !== 0) {
      throw setUpError(
        `Building ${program.path} ${program.version} failed (exit ${result.code}).`,
        'Check that the Go module proxy answers (go env GOPROXY) and that there are 5 GB of disk and 2 GB of memory free, then run the command again.',
        lastLines(result.output),
      );
    }
    renameSync(output, program.file);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
