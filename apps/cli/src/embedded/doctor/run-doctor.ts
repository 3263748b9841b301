import { type Environment, readConfig } from '#config';
import { databaseRow } from './database.js';
import { homeRow, portRows, workspaceRows } from './places.js';
import { gitRow, nodeRow, packagesRow } from './programs.js';
import { providersRow } from './providers.js';
import type { DoctorRow } from './row.js';
import { temporalRows } from './temporal.js';

/**
 * Looks at everything a start depends on and changes nothing. With a faulty configuration the faults are
 * the diagnosis, and what depends on it is left out.
 */
export async function runDoctor(env: Environment, cwd: string): Promise<readonly DoctorRow[]> {
  const machine = [nodeRow(), packagesRow(), gitRow(env)];
  const result = readConfig(env, cwd);
  const warnings = result.warnings.map(({ variable, problem, hint }) => ({
    what: 'Configuration',
    found: `${variable} ${problem}`,
    ok: true,
    hint,
  }));
  if (!result.ok) {
    const faults = result.faults.map(({ variable, problem, hint }) => ({
      what: 'Configuration',
      found: `${variable} ${problem}`,
      ok: false,
      hint,
    }));
    return [...machine, ...faults, ...warnings];
  }
  const { config } = result;
  const home = homeRow(config.home);
  const [temporal, ports, database] = await Promise.all([
    temporalRows(config.temporal, env),
    portRows(config, home.owner),
    databaseRow(config),
  ]);
  return [
    ...machine,
    ...warnings,
    ...temporal,
    ...ports,
    home.row,
    database,
    ...workspaceRows(config.workspaces),
    providersRow(config.providers),
  ];
}
