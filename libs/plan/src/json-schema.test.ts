import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '#contracts';
import { planJsonSchema } from './json-schema.js';
import { validateInputs } from './inputs.js';
import { parsePlanText } from './text.js';

const published = new URL('../../../docs/plan.schema.json', import.meta.url);
const text = `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
if (process.env.WRITE_PLAN_SCHEMA === '1') writeFileSync(published, text);

describe('the published JSON Schema', () => {
  it('is the one that plans are parsed with; WRITE_PLAN_SCHEMA=1 npx jest libs/plan/src/json-schema writes it', () => {
    expect(readFileSync(published, 'utf8')).toBe(text);
  });

  it('takes a plan that uses the whole language', () => {
    const parsed = parsePlanText(
      readFileSync(new URL('./fixtures/repo-health.plan.yaml', import.meta.url), 'utf8'),
    );
    expect(parsed.ok && validateInputs(planJsonSchema(), parsed.value)).toEqual([]);
  });

  const wait: JsonObject = { id: 'a', kind: 'wait', for: '1s' };
  const inMap = (task: JsonValue): JsonObject => ({ tasks: [{ id: 'm', kind: 'map', over: [], do: task }] });
  const inLoop = (task: JsonValue): JsonObject => ({
    tasks: [{ id: 'l', kind: 'loop', while: true, maxIterations: 1, do: task }],
  });

  it.each<[string, JsonObject]>([
    ['a field that does not exist', { tasks: [{ ...wait, fro: '1s' }] }],
    ['a task without an id', { tasks: [{ kind: 'wait', for: '1s' }] }],
    ['a task without an id in a loop', inLoop({ kind: 'wait', for: '1s' })],
    ['fields that exclude each other', { tasks: [{ ...wait, until: '2030-01-01T00:00:00Z' }] }],
    ['a kind that does not exist', { tasks: [{ id: 'a', kind: 'nap' }] }],
    ['a faulty plan in a plan', { tasks: [{ id: 'a', kind: 'plan', plan: { tasks: 1 } }] }],
  ])('refuses %s', (_, plan) => expect(validateInputs(planJsonSchema(), plan)).not.toEqual([]));

  it.each<[string, JsonObject]>([
    ['one task or a list in a container', inLoop([wait])],
    ['a task without an id in a map', inMap({ kind: 'wait', for: '1s' })],
    ['a plan in a plan', { tasks: [{ id: 'a', kind: 'plan', plan: { tasks: [wait] } }] }],
  ])('takes %s', (_, plan) => expect(validateInputs(planJsonSchema(), plan)).toEqual([]));
});
