import { resolve } from 'node:path';
import { triggerActions, triggerKinds } from '#contracts';
import type { Trigger } from '#contracts';
import type { z } from 'zod';
import { readChaos, type ChaosSettings } from './chaos-settings.js';
import { variableReader, type Environment } from './environment.js';
import type { ConfigFault } from './fault.js';
import { realFileSystem, type FileSystem } from './file-system.js';
import { readProviders, type Providers } from './provider-settings.js';
import type { Secret } from './secret.js';
import { readExternalTemporal, type TemporalSettings } from './temporal-settings.js';
import { findUnknownVariables } from './unknown-variables.js';
import {
  DailyBudget,
  DatabaseUrl,
  file,
  folder,
  folderList,
  Host,
  HostPortList,
  LabelList,
  LogLevel,
  Port,
  NameList,
  TriggerList,
} from './value-schemas.js';

const dailyHint = 'US dollars such as "25", or "usd=25, tokens=5000000, calls=2000".';
const triggerHint = `Kinds: ${triggerKinds.join(', ')}; actions: ${triggerActions.join(', ')}. Such as "COST=5:PAUSE".`;

/** Everything that can be set from outside, checked. */
export interface NexusConfig {
  readonly api: { readonly host: string; readonly port: number };
  readonly home: string;
  readonly temporal: TemporalSettings;
  readonly database: { readonly kind: 'embedded' } | { readonly kind: 'postgres'; readonly url: Secret };
  readonly providers: Providers;
  readonly modelsFile: string | undefined;
  readonly toolsFolder: string | undefined;
  readonly auth: 'off';
  /** `host:port` pairs that `http.request` may reach besides public addresses. */
  readonly httpAllow: readonly string[];
  readonly workspaces: readonly string[];
  /** What plans may require of this process as a worker. */
  readonly workerLabels: Readonly<Record<string, string>>;
  /** What every run is watched for, besides what it asks for itself. */
  readonly triggers: readonly Trigger[];
  /** What each tenant may use in a day, in UTC. */
  readonly dailyBudget: DailyBudget;
  /** Tools before which a person is asked, by name; `irreversible` stands for all that nothing can undo. */
  readonly asksBefore: readonly string[];
  readonly logLevel: z.infer<typeof LogLevel>;
  readonly chaos: ChaosSettings;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: NexusConfig; readonly warnings: readonly ConfigFault[] }
  | {
      readonly ok: false;
      readonly faults: readonly ConfigFault[];
      readonly warnings: readonly ConfigFault[];
    };

/**
 * Turns the environment into configuration, or names every fault in it at once. The only place that knows
 * variables; it changes nothing and asks the file system only whether what is named is there.
 */
export function readConfig(env: Environment, cwd: string, files: FileSystem = realFileSystem): ConfigResult {
  const reader = variableReader(env);
  const { faults } = reader;
  const unknown = findUnknownVariables(env);
  faults.push(...unknown.faults);

  const portHint = 'Give a number from 1 to 65535, or 0 for any free port.';
  const host = reader.read('NEXUS_HOST', Host, 'Such as 127.0.0.1.') ?? '127.0.0.1';
  const port = reader.read('NEXUS_PORT', Port, portHint) ?? 4000;
  const temporalPort = reader.read('NEXUS_TEMPORAL_PORT', Port, portHint) ?? 7233;
  const uiPort = reader.read('NEXUS_TEMPORAL_UI_PORT', Port, portHint) ?? 8233;
  const { external, namespace } = readExternalTemporal(env, faults);
  const embedded = { kind: 'embedded', port: temporalPort, uiPort, namespace } as const;
  const databaseUrl = reader.read(
    'DATABASE_URL',
    DatabaseUrl,
    'Such as postgres://user:password@host:5432/nexus.',
  );
  const config: NexusConfig = {
    api: { host, port },
    home: resolve(cwd, env['NEXUS_HOME']?.trim() || '.nexus'),
    temporal: external ?? embedded,
    database: databaseUrl ? { kind: 'postgres', url: databaseUrl } : { kind: 'embedded' },
    providers: readProviders(reader),
    modelsFile: reader.read('NEXUS_MODELS', file(cwd, files), 'Name a file that exists, or unset it.'),
    toolsFolder: reader.read('NEXUS_TOOLS', folder(cwd, files), 'Name a folder that exists, or unset it.'),
    auth: 'off',
    httpAllow: reader.read('NEXUS_HTTP_ALLOW', HostPortList, 'Such as "localhost:8080, 10.0.0.5:443".') ?? [],
    workspaces: reader.read('NEXUS_WORKSPACES', folderList(cwd, files), 'Name folders that exist.') ?? [cwd],
    workerLabels: reader.read('NEXUS_WORKER_LABELS', LabelList, 'Such as "gpu=1, zone=a".') ?? {},
    triggers: reader.read('NEXUS_TRIGGERS', TriggerList, triggerHint) ?? [],
    dailyBudget: reader.read('NEXUS_DAILY_BUDGET', DailyBudget, dailyHint) ?? {},
    asksBefore: reader.read('NEXUS_APPROVE', NameList, 'Such as "irreversible, shell.run".') ?? [],
    logLevel: reader.read('NEXUS_LOG_LEVEL', LogLevel, `One of ${LogLevel.options.join(', ')}.`) ?? 'info',
    chaos: readChaos(reader, env),
  };
  faults.push(...authFaults(env, host), ...sharedPorts(config));
  const { warnings } = unknown;
  return faults.length > 0 ? { ok: false, faults, warnings } : { ok: true, config, warnings };
}

/** Without identities, whoever reaches the API may do everything: then only this machine may reach it. */
function authFaults(env: Environment, host: string): ConfigFault[] {
  const wanted = env['NEXUS_AUTH']?.trim() || undefined;
  const faults: ConfigFault[] = [];
  if (wanted === 'required') {
    faults.push({
      variable: 'NEXUS_AUTH',
      problem: '"required" is not available yet: this version knows no identities',
      hint: 'Leave it off and the API on a loopback address, behind a proxy that authenticates if others need it.',
    });
  } else if (wanted !== undefined && wanted !== 'off') {
    faults.push({
      variable: 'NEXUS_AUTH',
      problem: `"${wanted}" is not known`,
      hint: 'Leave it unset, or off.',
    });
  }
  if (!isLoopback(host) && wanted !== 'required') {
    faults.push({
      variable: 'NEXUS_HOST',
      problem: `${host} can be reached from other machines, and NEXUS_AUTH is off`,
      hint: 'Use 127.0.0.1.',
    });
  }
  return faults;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function sharedPorts({ api, temporal }: NexusConfig): ConfigFault[] {
  const used = [
    { variable: 'NEXUS_PORT', port: api.port },
    ...(temporal.kind === 'embedded'
      ? [
          { variable: 'NEXUS_TEMPORAL_PORT', port: temporal.port },
          { variable: 'NEXUS_TEMPORAL_UI_PORT', port: temporal.uiPort },
        ]
      : []),
  ];
  return used.flatMap(({ variable, port }, index) => {
    const other = used.slice(0, index).find((earlier) => port !== 0 && earlier.port === port);
    const problem = `${port} is already the port of ${other?.variable}`;
    return other ? [{ variable, problem, hint: 'Give each its own port.' }] : [];
  });
}
