import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../index.js';
import { ModelsDocument } from './models-schema.js';

const key = 'sk-0123456789-very-secret';

function read(text: string, env: Record<string, string> = {}) {
  const files = { isFolder: () => true, isFile: () => true, readText: () => text };
  return readConfig({ NEXUS_MODELS: 'conf/models.yaml', ...env }, '/here', files);
}

function models(text: string, env: Record<string, string> = {}) {
  const result = read(text, env);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.config.models;
}

function faults(text: string, env: Record<string, string> = {}): string[] {
  const result = read(text, env);
  return result.ok ? [] : result.faults.map(({ variable, problem }) => `${variable} ${problem}`);
}

describe('the file of NEXUS_MODELS', () => {
  it('may be empty', () => {
    const empty = { providers: {}, deployments: [], prices: [], tiers: {}, policies: [], refresh: undefined };
    expect(models('')).toEqual(empty);
    expect(models('{}')).toEqual(empty);
  });

  it('has any number of accounts, whose keys are read from the variables it names', () => {
    const read = models(
      `providers:
  openai:
    accounts:
      - { name: team-b, apiKey: OPENAI_TEAM_B }
      - { region: eu, apiKey: OPENAI_EU, baseUrl: https://eu.api.openai.com/v1/, limits: { requestsPerMinute: 60 } }
  kimi: { seller: moonshotai, apiKey: KIMI_KEY, baseUrl: https://api.moonshot.ai/v1 }`,
      { OPENAI_TEAM_B: key, OPENAI_EU: 'sk-eu', KIMI_KEY: 'sk-kimi' },
    );
    expect(read?.providers).toMatchObject({
      openai: {
        accounts: [
          { name: 'team-b' },
          {
            name: 'default',
            region: 'eu',
            baseUrl: 'https://eu.api.openai.com/v1',
            limits: { requestsPerMinute: 60 },
          },
        ],
      },
      kimi: { seller: 'moonshotai', accounts: [{ name: 'default', baseUrl: 'https://api.moonshot.ai/v1' }] },
    });
    expect(read?.providers['openai']?.accounts[0]?.apiKey?.reveal()).toBe(key);
    expect(JSON.stringify(read) + inspect(read, { depth: 9 })).not.toContain(key);
  });

  it('has prices in dollars, without the noise of binary fractions', () => {
    const { prices } =
      models(`prices:
  - { provider: openai, model: m, input: 0.075, output: '0.3', cacheRead: 0.0075, from: 2026-12-01 }
  - provider: openai
    model: m
    input: 1
    output: 2
    beyond: { inputTokens: 200000, input: 2, output: 3 }`) ?? {};
    expect(prices).toEqual([
      {
        provider: 'openai',
        model: 'm',
        input: 75_000_000,
        output: 300_000_000,
        cacheRead: 7_500_000,
        from: Date.UTC(2026, 11, 1),
      },
      expect.objectContaining({ beyond: { inputTokens: 200_000, input: 2e9, output: 3e9 } }),
    ]);
  });

  it('says where newer prices come from: an address, or a file beside it', () => {
    expect(models('refresh: { url: https://prices.example/data.json, every: 12h }')?.refresh).toEqual({
      url: 'https://prices.example/data.json',
      everyMs: 43_200_000,
    });
    expect(models('refresh: { file: prices.json }')?.refresh).toEqual({
      file: '/here/conf/prices.json',
      everyMs: 86_400_000,
    });
  });

  it('is refused with every fault at its place', () => {
    const text = `providers:
  openai:
    accounts:
      - { apiKey: OPENAI_TEAM_B }
      - { name: default, apiKey: OPENAI_TEAM_B }
  kimi:
    apiKey: KIMI_KEY
  google: {}
deployments:
  - { provider: openay, model: m }
  - { provider: openai, model: m, accounts: [default, team-c] }
tiers:
  fast: ['openay:m']
policies:
  - { deny: [openay@eu, openai@eu] }`;
    expect(faults(text, { OPENAI_TEAM_B: key })).toEqual([
      'NEXUS_MODELS models.yaml:5: providers.openai.accounts[1].name is there twice',
      'NEXUS_MODELS models.yaml:7: providers.kimi.baseUrl is needed: the provider has no address of its own',
      'NEXUS_MODELS models.yaml:7: providers.kimi.apiKey names a variable that is not set',
      'NEXUS_MODELS models.yaml:8: providers.google.accounts has no account',
      'NEXUS_MODELS models.yaml:10: deployments[0].provider is not known; there are openai, anthropic, google, openrouter, kimi',
      'NEXUS_MODELS models.yaml:11: deployments[1].accounts[1] is no account of it; there are default',
      'NEXUS_MODELS models.yaml:15: policies[0].deny[0] names no known provider; there are openai, anthropic, google, openrouter, kimi',
      'NEXUS_MODELS models.yaml:13: tiers.fast[0] names no known provider; there are openai, anthropic, google, openrouter, kimi',
    ]);
  });

  it('is refused with every fault in its form', () => {
    const text = `providers:
  kimi: { api: moonshot, baseUrl: kimi }
tiers: { quick: [] , fast: [gpt] }
prices:
  - { provider: openai, model: m, input: -1, output: '0.0000000001', from: tomorrow }
refresh: { every: 1w }
policy: {}`;
    const found = faults(text);
    expect(found.map((fault) => fault.replace(/^NEXUS_MODELS models.yaml/, ''))).toEqual([
      expect.stringMatching(/^:2: providers\.kimi\.api Invalid option/),
      ':2: providers.kimi.baseUrl is not an http or https URL',
      ':5: prices[0].from is no date such as 2026-01-31',
      ':5: prices[0].input Too small: expected number to be >=0',
      ':5: prices[0].output is no amount in dollars with at most nine decimals',
      ':3: tiers.fast[0] is not provider:model',
      expect.stringMatching(/^:3: tiers Unrecognized key: "quick"/),
      ':6: refresh.every is no length of time such as 30m, 12h or 1d',
      ':6: refresh needs either url or file',
      expect.stringMatching(/^:1: the file Unrecognized key: "policy"/),
    ]);
  });

  it('never has a key in it, and never tells one', () => {
    for (const text of [
      `providers: { openai: { apiKey: ${key} } }`,
      `providers: { openai: { apiKey: SK0123456789VERYSECRET } }`,
      `providers: { openai: { accounts: [{ name: ${key}!, apiKey: ${key} }] } }`,
      `providers: { openai: { apiKey: ${key}, apiKey: ${key} } }`,
    ]) {
      const found = faults(text);
      expect(found).not.toEqual([]);
      expect(found.join('\n')).not.toMatch(/very-secret|VERYSECRET/);
    }
  });

  it('is refused when it is neither YAML nor JSON, or cannot be read', () => {
    expect(faults('providers: [')[0]).toMatch(/^NEXUS_MODELS models\.yaml:1: /);
    const files = {
      isFolder: () => true,
      isFile: () => true,
      readText: (): string => {
        throw new Error('EACCES');
      },
    };
    expect(readConfig({ NEXUS_MODELS: 'models.yaml' }, '/here', files)).toMatchObject({
      ok: false,
      faults: [{ variable: 'NEXUS_MODELS', problem: '/here/models.yaml cannot be read' }],
    });
  });
});

const published = new URL('../../../../docs/models.schema.json', import.meta.url);
const schema = {
  ...z.toJSONSchema(ModelsDocument, { io: 'input', unrepresentable: 'any' }),
  title: 'Nexus catalogue of models',
};
const text = `${JSON.stringify(schema, null, 2)}\n`;
if (process.env['WRITE_MODELS_SCHEMA'] === '1') writeFileSync(published, text);

describe('the documents', () => {
  it('have the schema; WRITE_MODELS_SCHEMA=1 npx jest libs/config/src/models writes it', () => {
    expect(readFileSync(published, 'utf8')).toBe(text);
  });

  it('show a file that is right', () => {
    const guide = readFileSync(new URL('../../../../docs/models.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
    const variables = [...example.matchAll(/apiKey: (\w+)/g)].map(([, name = '']) => [name, 'sk-test']);
    expect(parse(example)).toHaveProperty('providers');
    expect(faults(example, Object.fromEntries(variables))).toEqual([]);
  });
});
