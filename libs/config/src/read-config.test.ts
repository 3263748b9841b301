import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { explainConfig, readConfig, type NexusConfig } from './index.js';

const files = {
  isFolder: (path: string) => path.startsWith('/here'),
  isFile: (path: string) => path.endsWith('.yaml'),
};

function valid(env: Record<string, string>): NexusConfig {
  const result = readConfig(env, '/here', files);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.config;
}

function faulty(env: Record<string, string>): string[] {
  const result = readConfig(env, '/here', files);
  return result.ok
    ? []
    : result.faults.map(({ variable, problem, hint }) => `${variable} ${problem}. ${hint}`);
}

describe('readConfig', () => {
  it('needs nothing: every setting has a default', () => {
    expect(valid({})).toEqual({
      api: { host: '127.0.0.1', port: 4000 },
      home: '/here/.nexus',
      temporal: { kind: 'embedded', port: 7233, uiPort: 8233, namespace: 'default' },
      database: { kind: 'embedded' },
      providers: {},
      modelsFile: undefined,
      toolsFolder: undefined,
      auth: 'off',
      chaos: { failpoint: undefined, plantedBug: undefined },
      httpAllow: [],
      workspaces: ['/here'],
      workerLabels: {},
      triggers: [],
      dailyBudget: {},
      asksBefore: [],
      logLevel: 'info',
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(valid({ NEXUS_PORT: '', NEXUS_HOME: ' ', DATABASE_URL: '' }).api.port).toBe(4000);
  });

  it('reads what is set', () => {
    const config = valid({
      NEXUS_PORT: '0',
      NEXUS_HOME: '../elsewhere',
      NEXUS_WORKSPACES: '/here/a:b',
      NEXUS_HTTP_ALLOW: 'localhost:8080, [::1]:9,10.0.0.5:443',
      NEXUS_MODELS: 'models.yaml',
      NEXUS_WORKER_LABELS: 'gpu=1, zone=a',
      NEXUS_TRIGGERS: 'COST=2.5:PAUSE, FAILED_TASKS=10:KILL',
      NEXUS_APPROVE: 'irreversible, shell.run',
      NEXUS_DAILY_BUDGET: '2.5, calls=2000',
      NEXUS_LOG_LEVEL: 'debug',
      OPENAI_BASE_URL: 'http://127.0.0.1:9999/v1/',
    });
    expect(config).toMatchObject({
      api: { port: 0 },
      home: '/elsewhere',
      workspaces: ['/here/a', '/here/b'],
      httpAllow: ['localhost:8080', '[::1]:9', '10.0.0.5:443'],
      modelsFile: '/here/models.yaml',
      workerLabels: { gpu: '1', zone: 'a' },
      asksBefore: ['irreversible', 'shell.run'],
      dailyBudget: { limitNanos: 2_500_000_000, maxModelCalls: 2_000 },
      triggers: [
        { on: 'COST', threshold: 2.5, do: 'PAUSE' },
        { on: 'FAILED_TASKS', threshold: 10, do: 'KILL' },
      ],
      logLevel: 'debug',
      providers: { openai: { baseUrl: 'http://127.0.0.1:9999/v1' } },
    });
  });

  it('names every fault at once, each with its variable and what to do', () => {
    const faults = faulty({
      NEXUS_PORT: '4000x',
      NEXUS_TEMPORAL_PORT: '70000',
      NEXUS_TEMPORAL_UI_PORT: '4000',
      NEXUS_TOOLS: '/nowhere',
      NEXUS_WORKSPACES: '/here:/nowhere:/neither',
      NEXUS_HTTP_ALLOW: 'localhost',
      NEXUS_WORKER_LABELS: 'gpu,a=1,a=2,b=1,c=1',
      NEXUS_TRIGGERS: 'COST>5',
      NEXUS_DAILY_BUDGET: '$5, calls=2.5',
      NEXUS_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://db/nexus',
      ANTHROPIC_BASE_URL: 'anthropic.example',
      NEXUS_AUHT: 'required',
    });
    expect(faults).toEqual([
      'NEXUS_AUHT is not known. Did you mean NEXUS_AUTH?',
      'NEXUS_PORT is not a number. Give a number from 1 to 65535, or 0 for any free port.',
      'NEXUS_TEMPORAL_PORT is above 65535. Give a number from 1 to 65535, or 0 for any free port.',
      'DATABASE_URL is not a postgres:// URL. Such as postgres://user:password@host:5432/nexus.',
      'ANTHROPIC_BASE_URL is not an http or https URL. Give it with scheme and path, as the provider does.',
      'NEXUS_TOOLS "/nowhere" is not a folder. Name a folder that exists, or unset it.',
      'NEXUS_HTTP_ALLOW "localhost" is not host:port. Such as "localhost:8080, 10.0.0.5:443".',
      'NEXUS_WORKSPACES "/nowhere" is not a folder. Name folders that exist.',
      'NEXUS_WORKSPACES "/neither" is not a folder. Name folders that exist.',
      'NEXUS_WORKER_LABELS "gpu" is not name=value. Such as "gpu=1, zone=a".',
      'NEXUS_WORKER_LABELS "a" is given twice. Such as "gpu=1, zone=a".',
      'NEXUS_WORKER_LABELS has 5 labels; 4 are the most. Such as "gpu=1, zone=a".',
      'NEXUS_TRIGGERS "COST>5" is not KIND=threshold:ACTION. Kinds: COST, WALL_SECONDS, FAILED_TASKS, ERROR_RATE, TASKS, REPEATED_CALLS; actions: PAUSE, KILL, ROLLBACK. Such as "COST=5:PAUSE".',
      'NEXUS_DAILY_BUDGET "$5" is not an amount. US dollars such as "25", or "usd=25, tokens=5000000, calls=2000".',
      'NEXUS_DAILY_BUDGET "calls=2.5" is not an amount. US dollars such as "25", or "usd=25, tokens=5000000, calls=2000".',
      'NEXUS_LOG_LEVEL is no log level. One of silent, fatal, error, warn, info, debug, trace.',
      'NEXUS_TEMPORAL_UI_PORT 4000 is already the port of NEXUS_PORT. Give each its own port.',
    ]);
  });

  it('lets tests name where the process dies, and plants a bug only where that is asked for twice', () => {
    expect(valid({}).chaos).toEqual({ failpoint: undefined, plantedBug: undefined });
    expect(valid({ NEXUS_FAILPOINT: 'effect.after:2' }).chaos.failpoint).toEqual({
      name: 'effect.after',
      hit: 2,
    });
    expect(valid({ NEXUS_FAILPOINT: 'effect.after' }).chaos.failpoint).toMatchObject({ hit: 1 });
    expect(valid({ NEXUS_FAILPOINT: 'effect.after:3@signal' }).chaos.failpoint).toEqual({
      name: 'effect.after',
      hit: 3,
      onSignal: true,
    });
    const bug = { NEXUS_PLANTED_BUG: 'no-epoch-fence' };
    expect(valid({ ...bug, NEXUS_CHAOS: '1' }).chaos.plantedBug).toBe('no-epoch-fence');
    expect(faulty(bug).join()).toContain('NEXUS_PLANTED_BUG makes Nexus do wrong on purpose, and is refused');
    expect(faulty({ NEXUS_FAILPOINT: 'nowhere:0' }).join('\n')).toMatch(
      /"nowhere" is no place[^]*"0" is not the number/,
    );
  });

  it('opens the API to others only with authentication, which is yet to come', () => {
    expect(faulty({ NEXUS_HOST: '0.0.0.0' })).toEqual([
      'NEXUS_HOST 0.0.0.0 can be reached from other machines, and NEXUS_AUTH is off. Use 127.0.0.1.',
    ]);
    expect(faulty({ NEXUS_AUTH: 'required' }).join()).toContain('not available yet');
    expect(faulty({ NEXUS_HOST: '::1', NEXUS_AUTH: 'off' })).toEqual([]);
  });

  it('warns of variables it does not know, since container platforms add some', () => {
    const result = readConfig({ NEXUS_SERVICE_HOST: '10.0.0.1' }, '/here', files);
    expect(result).toMatchObject({ ok: true, warnings: [{ variable: 'NEXUS_SERVICE_HOST' }] });
  });
});

describe('Temporal', () => {
  it('is not started where the environment names a server', () => {
    const { temporal } = valid({ TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'agents' });
    expect(temporal).toMatchObject({
      kind: 'external',
      address: 'temporal.example:7233',
      namespace: 'agents',
    });
  });

  it('is reached over TLS with a key, as every Temporal SDK does', () => {
    const { temporal } = valid({ TEMPORAL_ADDRESS: 'cloud.example:7233', TEMPORAL_API_KEY: 'k-1' });
    expect(temporal).toMatchObject({ tls: true });
    expect(temporal.kind === 'external' && temporal.apiKey?.reveal()).toBe('k-1');
  });

  it('is found through a profile', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nexus-config-'));
    const file = join(folder, 'temporal.toml');
    writeFileSync(file, '[profile.prod]\naddress = "prod.example:7233"\nnamespace = "prod-agents"\n');
    const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' };
    expect(valid(env).temporal).toMatchObject({ address: 'prod.example:7233', namespace: 'prod-agents' });
    expect(faulty({ ...env, TEMPORAL_PROFILE: 'absent' }).join()).toContain('TEMPORAL_PROFILE');
    rmSync(folder, { recursive: true });
  });

  it('needs an address without a scheme', () => {
    expect(faulty({ TEMPORAL_ADDRESS: 'http://127.0.0.1:7233' }).join()).toContain('is not host:port');
  });
});

describe('secrets', () => {
  const env = {
    OPENAI_API_KEY: 'sk-very-secret',
    DATABASE_URL: 'postgres://u:very-secret@db.example/n?x=very-secret',
  };

  it('show themselves only when asked', () => {
    const config = valid(env);
    expect(config.providers.openai?.apiKey?.reveal()).toBe('sk-very-secret');
    for (const shown of [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      String(config.providers.openai?.apiKey),
    ]) {
      expect(shown).toContain('***');
      expect(shown).not.toContain('very-secret');
    }
  });

  it('are masked in explanations, which still say which database is used', () => {
    const rows = explainConfig(valid(env), env);
    expect(JSON.stringify(rows)).not.toContain('very-secret');
    expect(rows.find(({ name }) => name === 'OPENAI_API_KEY')).toMatchObject({ value: '***', source: 'env' });
    expect(rows.find(({ name }) => name === 'DATABASE_URL')?.value).toBe('postgres://u:***@db.example/n');
    expect(rows.find(({ name }) => name === 'NEXUS_PORT')).toMatchObject({
      value: '4000',
      source: 'default',
    });
  });
});
