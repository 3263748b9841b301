import { describe, expect, it } from '@jest/globals';
import { planLanguage } from './plan-language.js';
import { goalMessage, plannerInstructions } from './planner-prompt.js';

describe('what the planning model is told', () => {
  it('are only kinds of task that can run', () => {
    expect(planLanguage(['tool', 'wait'])).toContain('- tool: ');
    expect(planLanguage(['tool', 'wait'])).not.toMatch(/- (loop|branch): /);
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
    const text = plannerInstructions({ kinds: ['tool'], tools: [tool], agents: [] });
    expect(text).toContain(`- file.write (effect: keyed): Writes.\n  ${JSON.stringify(inputSchema)}`);
    expect(text).toContain('Agents:\n(none)');
  });

  it('are the inputs, but not all of a large one', () => {
    const message = goalMessage('sum up', { text: 'x'.repeat(100_000) });
    expect(message).toContain('"text": "xxx');
    expect(message.length).toBeLessThan(5_000);
  });
});
