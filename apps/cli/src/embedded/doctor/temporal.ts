import { Connection } from '@temporalio/client';
import type { Environment, ExternalTemporal, TemporalSettings } from '#config';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { findGo, findTemporal, type TemporalBinaries } from '#ops/temporal/binaries';
import { versionOf } from './programs.js';
import type { DoctorRow } from './row.js';

const answerWithinMs = 5_000;

/** Which Temporal would be used, in the order of choice, and what could bring one where there is none. */
export async function temporalRows(
  settings: TemporalSettings,
  env: Environment,
): Promise<readonly DoctorRow[]> {
  if (settings.kind === 'external') return [await externalRow(settings)];
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder(env), env });
  return [serverRow(binaries, env), goRow(binaries, env)];
}

async function externalRow({ address, apiKey, tls, metadata }: ExternalTemporal): Promise<DoctorRow> {
  const options = {
    address,
    connectTimeout: answerWithinMs,
    ...(apiKey ? { apiKey: apiKey.reveal() } : {}),
    ...(tls === undefined ? {} : { tls }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  try {
    const connection = await Connection.connect(options);
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    await connection.close();
    return { what: 'Temporal', found: `server ${serverVersion} at ${address}, as configured`, ok: true };
  } catch (error) {
    return {
      what: 'Temporal',
      found: `nothing usable at ${address}: ${(error as Error).message}`,
      ok: false,
      hint: 'Correct TEMPORAL_ADDRESS or the profile, or unset it for the embedded server.',
    };
  }
}

function serverRow(binaries: TemporalBinaries | undefined, env: Environment): DoctorRow {
  if (binaries === undefined) {
    const hint = 'npm start builds one with Go, once; or install the Temporal CLI; or set TEMPORAL_ADDRESS.';
    return { what: 'Temporal', found: 'no server on this machine yet', ok: findGo(env) !== undefined, hint };
  }
  if (binaries.kind === 'cli') {
    const version = versionOf(binaries.cli, ['--version'], env) ?? 'of unknown version';
    return { what: 'Temporal', found: `${binaries.cli} (${version})`, ok: true };
  }
  const ui = binaries.ui === undefined ? ', without its web interface' : '';
  const hint =
    binaries.ui === undefined
      ? 'npm start builds the web interface when the server is missing too.'
      : undefined;
  return { what: 'Temporal', found: `server ${binaries.version} at ${binaries.server}${ui}`, ok: true, hint };
}

function goRow(binaries: TemporalBinaries | undefined, env: Environment): DoctorRow {
  const go = findGo(env);
  const version = go && versionOf(go, ['version'], env);
  const needed = binaries === undefined;
  return {
    what: 'Go',
    found: `${version ?? 'not found'}${needed ? '' : ' (not needed: there is a Temporal server)'}`,
    ok: version !== undefined || !needed,
    hint:
      version === undefined && needed
        ? 'Install it from https://go.dev/dl/ to build the Temporal server.'
        : undefined,
  };
}
