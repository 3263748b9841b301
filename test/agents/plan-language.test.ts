import { describe, expect, it } from '@jest/globals';
import { plannerInstructions } from '#agents';
import { taskKinds } from '#contracts';
import { available, validatePlan } from '#plan';

describe('what the planning model is told', () => {
  it('are examples that the plan language takes', () => {
    const everything = Object.fromEntries(taskKinds.map((kind) => [kind, true]));
    const language = plannerInstructions({ kinds: taskKinds, tools: [], agents: [] });
    const examples = [...language.matchAll(/^- \w+: (\{.*\})$/gm)].map(([, text]) => text ?? '');
    expect(examples).toHaveLength(taskKinds.length);
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
