import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameTools, resultToolName } from './tool-names.js';

const tool = (name: string) => ({ name, description: name, inputSchema: {} });

describe('the names by which a model knows tools', () => {
  it('have no dots', () => {
    expect([...nameTools([tool('file.read'), tool('mcp.git-hub.list_issues')]).keys()]).toEqual([
      'file_read',
      'mcp_git-hub_list_issues',
    ]);
  });

  it('differ where only what is not allowed did', () => {
    expect([...nameTools([tool('a.b_c'), tool('a_b.c'), tool('submit.result')]).keys()]).toEqual([
      'a_b_c',
      'a_b_c_2',
      'submit_result_2',
    ]);
  });

  it('are allowed, not the name for results, and one for each tool', () => {
    const name = fc.stringMatching(/^[a-c._]{1,6}$/).map((text) => text.repeat(12));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30 }), (names) => {
        const named = nameTools(names.map(tool));
        expect([...named.values()].map((each) => each.name)).toEqual(names);
        for (const key of named.keys()) {
          expect(key).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(key).not.toBe(resultToolName);
        }
      }),
    );
  });
});
