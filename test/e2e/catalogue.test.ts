import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LLMock } from '@copilotkit/aimock';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHome, hookTimeoutMs, type NexusProcess } from './nexus-process.js';
import { runPlan } from './runs.js';
import { until } from './until.js';

const home = createHome('catalogue');
const server = new LLMock({ port: 0 });
let nexus: NexusProcess;

const file = join(home.workspace, 'models.yaml');
/** Dollars for a million tokens, by model. */
const lists = (prices: Readonly<Record<string, number>>) =>
  JSON.stringify([
    {
      id: 'anthropic',
      models: Object.entries(prices).map(([id, input]) => ({
        id,
        prices: { input_mtok: input, output_mtok: 9 },
      })),
    },
  ]);

beforeAll(async () => {
  await server.start();
  writeFileSync(
    file,
    `providers:
  house: { seller: anthropic, apiKey: HOUSE_KEY, baseUrl: ${server.url}/v1 }
deployments:
  - { provider: house, model: claude-sonnet-5 }
prices:
  - { provider: house, model: llama, input: 1, output: 2 }
tiers: { fast: ['house:llama'] }
refresh: { file: prices.json, every: 1d }
`,
  );
  // Sonnet at half its price, and nothing of the other models.
  writeFileSync(join(home.workspace, 'prices.json'), lists({ 'claude-sonnet-5': 1 }));
  nexus = await home.start({ NEXUS_MODELS: file, HOUSE_KEY: 'sk-house-0001' });
}, hookTimeoutMs);
afterAll(async () => {
  await home.remove();
  await server.stop();
});

it('routes a logical model to what the file names, at the price that was agreed (C1 C2)', async () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 10 };
  server.on({ model: 'llama' }, { content: 'A colour.', usage });
  const tasks = [{ id: 'ask', kind: 'model', model: 'nexus:fast', prompt: 'What is blue?' }];
  const run = await runPlan(nexus, { tasks, output: '${tasks.ask.output.text}' }, {});
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: 'A colour.', usage: { cost: '0.00102' } });
});

it('looks prices up after the start; an odd one holds once it is approved (C2)', async () => {
  const priceOf = async (id: string) => {
    const { data } = await nexus.graphql('{ models { id inputPrice priceSource } }');
    return data.models.find((model: { id: string }) => model.id === id);
  };
  const change = await until('the refresh has found the change', async () => {
    const { data } = await nexus.graphql('{ priceChanges { id model oddities state } }');
    return data.priceChanges.find(({ model }: { model: string }) => model === 'claude-sonnet-5');
  });
  expect(change).toMatchObject({ oddities: expect.arrayContaining(['too-large']), state: 'QUARANTINED' });
  expect(await priceOf('house:claude-sonnet-5')).toMatchObject({ inputPrice: '2', priceSource: 'bundled' });

  const env = { NEXUS_URL: nexus.url };
  const listed = await home.run(['models', 'prices', '--quarantined'], env);
  expect(listed.stdout).toContain(`${change.id}  anthropic:claude-sonnet-5`);
  const approved = await home.run(['models', 'approve-price', change.id, '--json'], env);
  expect([approved.code, JSON.parse(approved.stdout)]).toMatchObject([
    0,
    { id: change.id, state: 'APPROVED' },
  ]);
  expect(await priceOf('house:claude-sonnet-5')).toMatchObject({ inputPrice: '1', priceSource: 'refreshed' });

  const again = await home.run(['models', 'approve-price', change.id], env);
  expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('it is approved by')]);
  const prices = await home.run(['models', 'prices'], env);
  expect(prices.stdout).toMatch(/house:llama +\$1\.00 +\$2\.00 .*file/);
});

it('keeps what was approved over a restart, and tells no key (C2)', async () => {
  const end = await nexus.stop();
  expect(end.stdout + end.stderr).not.toContain('sk-house-0001');
  nexus = await home.start({ NEXUS_MODELS: file, HOUSE_KEY: 'sk-house-0001' });
  const { data } = await nexus.graphql('{ models { id inputPrice } }');
  expect(data.models).toContainEqual({ id: 'house:claude-sonnet-5', inputPrice: '1' });
}, 240_000);

it('does not start with a file that is wrong, and says where (C2)', async () => {
  await nexus.stop();
  const ended = await home.run(['up'], { NEXUS_MODELS: file });
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toContain('models.yaml:2: providers.house.apiKey names a variable that is not set');
});
