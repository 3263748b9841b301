import { describe, expect, it } from '@jest/globals';
import type { ToolFacts } from '#contracts';
import { builtInAgents, registerAgents } from './agent-registry.js';

const tools: ToolFacts[] = [
  'file.list',
  'file.read',
  'file.write',
  'git.diff',
  'git.log',
  'gitlab.issue',
].map((name) => ({
  name,
  description: `does ${name}`,
  inputSchema: { type: 'object' },
  effect: 'none',
  expectedMs: 10,
}));

describe('registering agents', () => {
  it('gives each the tools that it names, by name and by pattern', () => {
    const [researcher, writer] = registerAgents(builtInAgents, tools);
    expect(researcher?.tools.map(({ name }) => name)).toEqual([
      'file.list',
      'file.read',
      'git.diff',
      'git.log',
    ]);
    expect(writer?.tools).toEqual([
      { name: 'file.read', description: 'does file.read', inputSchema: { type: 'object' } },
    ]);
  });

  it('names every fault at once', () => {
    const [first] = builtInAgents;
    const given = [
      { ...first, tools: ['file.lost', 'mail.send'] },
      first,
      { ...first, name: 'No Name', version: 0 },
    ];
    let message = '';
    try {
      registerAgents(given, tools);
    } catch (error) {
      ({ message } = error as Error);
    }
    for (const part of [
      'unknown tool file.lost',
      'unknown tool mail.send',
      'agents[2].name',
      'agents[2].version',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).toContain('agent researcher is defined twice');
  });
});
