import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { builtInAgents } from '#agents';
import { available, validatePlan } from '#plan';
import { createBuiltInTools, createToolRegistry } from '#tools';
import { parse } from 'yaml';

const tools = createToolRegistry(createBuiltInTools({ workspaces: ['/'], httpAllow: [] }));
const agents = builtInAgents.map((agent) => agent.name);

const plans = ['README.md', 'docs/guide.md', 'docs/plan.md'].flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = ''], index) => [
    `${file} ${index + 1}`,
    parse(yaml) as unknown,
  ]),
);

it.each(plans)('the plan of %s can run', (_place, plan) => {
  const context = {
    tools: tools.get,
    agents: (name: string) => agents.includes(name),
    templates: () => undefined,
    available,
  };
  expect(validatePlan(plan, context)).toMatchObject({ ok: true, warnings: [] });
});
