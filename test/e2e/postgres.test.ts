import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { createHome, type NexusProcess } from './nexus-process.js';
import { follow, readRun, runPlan } from './runs.js';

const homes = [createHome('postgres-a'), createHome('postgres-b')] as const;
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase('e2e');
});
afterAll(async () => {
  await Promise.all(homes.map((home) => home.remove()));
  await database.drop();
});

const command = 'head -c 100000 /dev/zero | tr "\\0" x';
const plan = {
  tasks: [
    { id: 'write', kind: 'tool', tool: 'shell.run', with: { command } },
    { id: 'step', kind: 'tool', tool: 'ledger.quick', needs: ['write'], with: { value: 42 } },
  ],
  output: '${tasks.step.output.value}',
};

async function artefactOf(nexus: NexusProcess, id: string): Promise<string> {
  const { data } = await nexus.graphql(
    'query ($id: ID!) { run(id: $id) { artefacts { edges { node { url bytes } } } } }',
    { id },
  );
  const [edge] = data.run.artefacts.edges as { node: { url: string; bytes: number } }[];
  expect(edge?.node.bytes).toBe(100_000);
  return (await fetch(`${nexus.url}${edge?.node.url}`)).text();
}

it('two that start at once on one new database both work, and share it; all is there after a restart (A16 A18 A21)', async () => {
  const env = { DATABASE_URL: database.url };
  const [one, two] = await Promise.all([homes[0].start(env), homes[1].start(env)]);
  const runs = await Promise.all([one, two].map((nexus) => runPlan(nexus, plan)));
  for (const run of runs) expect(run).toMatchObject({ status: 'SUCCEEDED', output: 42, error: null });
  const [ofOne, ofTwo] = runs as [(typeof runs)[0], (typeof runs)[0]];

  const elsewhere = follow(one, ofTwo.id);
  expect(await elsewhere.ended).toBe('completed');
  expect(elsewhere.values).toEqual(ofTwo.events);
  expect(await artefactOf(two, ofOne.id)).toBe('x'.repeat(100_000));

  expect((await one.stop()).code).toBe(0);
  const again = await homes[0].start(env);
  expect(await readRun(again, ofOne.id)).toEqual(ofOne);
  expect(await artefactOf(again, ofOne.id)).toBe('x'.repeat(100_000));
  expect((await again.stop()).code).toBe(0);
  expect((await two.stop()).code).toBe(0);
}, 240_000);
