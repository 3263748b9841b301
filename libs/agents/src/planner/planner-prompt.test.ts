import { describe, expect, it } from '@jest/globals';
import { available, validatePlan } from '#plan';
import { planLanguage } from './plan-language.js';
import { goalMessage, plannerInstructions } from './planner-prompt.js';

describe('what the planning model is told', () => {
  it('are only kinds of task that can run', () => {
    const only = { ...available, kinds: { ...available.kinds, tool: true, loop: false, branch: false } };
    expect(planLanguage(only)).toContain('- tool: ');
    expect(planLanguage(only)).not.toMatch(/- (loop|branch): /);
  });

  it('are tools with their effect and input, and agents', () => {
    const inputSchema = { type: 'object', properties: { path: { type: 'string' } } };
    const tool = {
      name: 'file.write',
      description: 'Writes.',
      inputSchema,
      effect: 'keyed',
      expectedMs: 5,
    } as const;
    const text = plannerInstructions([tool], []);
    expect(text).toContain(`- file.write (effect: keyed): Writes.\n  ${JSON.stringify(inputSchema)}`);
    expect(text).toContain('Agents:\n(none)');
  });

  it('are the inputs, but not all of a large one', () => {
    const message = goalMessage('sum up', { text: 'x'.repeat(100_000) });
    expect(message).toContain('"text": "xxx');
    expect(message.length).toBeLessThan(5_000);
  });

  it('is a language whose examples the plan language takes', () => {
    const everything = Object.fromEntries(Object.keys(available.kinds).map((kind) => [kind, true]));
    const language = planLanguage({ ...available, kinds: everything as typeof available.kinds });
    const examples = [...language.matchAll(/^- \w+: (\{.*\})$/gm)].map(([, text]) => text ?? '');
    expect(examples).toHaveLength(Object.keys(available.kinds).length);
    for (const text of examples) {
      const filled = text
        .replace('{ <one task, without id> }', '{ "kind": "wait", "for": "1s" }')
        .replace('{ <a plan> }', '{ "tasks": [ { "id": "x", "kind": "wait", "for": "1s" } ] }')
        .replace(/\{ <the tool's input> \}|\{ <inputs> \}/, '{}')
        .replace('[ <tasks> ]', '[ { "id": "one", "kind": "wait", "for": "1s" } ]')
        .replace('[ <tasks> ]', '[ { "id": "two", "kind": "wait", "for": "1s" } ]')
        .replace(', "needs": ["list"]', '')
        .replace('${tasks.list.output.files}', '${[1]}')
        .replace('"if": "${...}"', '"if": "${true}"');
      const checked = validatePlan(
        { tasks: [JSON.parse(filled)] },
        {
          tools: () => ({ effect: 'none' }),
          agents: () => true,
          templates: () => undefined,
          available: { ...available, kinds: everything as typeof available.kinds },
        },
      );
      expect({ text, faults: checked.ok ? [] : checked.faults }).toEqual({ text, faults: [] });
    }
  });
});
