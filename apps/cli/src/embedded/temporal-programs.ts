import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TemporalBinaries } from '#ops/temporal/binaries';
import { internalPorts } from './internal-ports.js';
import { dynamicConfig, serverConfig, temporalPorts, uiConfig } from './temporal-config.js';

/** A program with all that is needed to start it. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly logFile: string;
  readonly databaseFile?: string | undefined;
}

/** The server, with its configuration written into the folder. */
export async function serverProgram(
  folder: string,
  binaries: TemporalBinaries,
  port: number,
  uiPort: number | undefined,
): Promise<Program> {
  const logFile = join(folder, 'server.log');
  if (binaries.kind === 'cli') return devServer(folder, binaries.cli, port, uiPort, logFile);
  const databaseFile = join(folder, 'temporal.sqlite');
  const configFile = join(folder, 'server.yaml');
  const dynamicConfigFile = join(folder, 'dynamic.yaml');
  const ports = temporalPorts(port, await internalPorts(folder));
  writeFileSync(dynamicConfigFile, dynamicConfig());
  writeFileSync(configFile, serverConfig({ databaseFile, dynamicConfigFile, ports }));
  const args = ['--config-file', configFile, '--allow-no-auth', 'start'];
  return { command: binaries.server, args, port, logFile, databaseFile };
}

/** The development server of the Temporal CLI: the same server, with the web interface inside. */
function devServer(
  folder: string,
  command: string,
  port: number,
  uiPort: number | undefined,
  logFile: string,
): Program {
  // Another file than the pinned server's: the two need not agree about the schema.
  const databaseFile = join(folder, 'temporal-cli.sqlite');
  const features = ['frontend.WorkflowPauseEnabled=true', 'matching.enableFairness=true'];
  const ui = uiPort === undefined ? '--headless' : `--ui-port=${uiPort}`;
  const listen = ['--ip=127.0.0.1', `--port=${port}`, ui];
  const keep = [`--db-filename=${databaseFile}`, '--log-level=warn', '--log-format=json'];
  const dynamic = features.map((feature) => `--dynamic-config-value=${feature}`);
  const args = ['server', 'start-dev', ...listen, ...keep, ...dynamic];
  return { command, args, port, logFile, databaseFile };
}

/** The web interface, where it is a program of its own and there. */
export function uiProgram(
  folder: string,
  binaries: TemporalBinaries,
  port: number,
  temporalAddress: string,
  namespace: string,
): Program | undefined {
  if (binaries.kind === 'cli' || binaries.ui === undefined) return undefined;
  const root = join(folder, 'ui');
  mkdirSync(join(root, 'config'), { recursive: true });
  writeFileSync(join(root, 'config', 'nexus.yaml'), uiConfig({ temporalAddress, port, namespace }));
  const args = ['--root', root, '--config', 'config', '--env', 'nexus', 'start'];
  return { command: binaries.ui, args, port, logFile: join(folder, 'ui.log') };
}
