import { describe, expect, it } from '@jest/globals';
import type { JsonValue, Tool } from '#contracts';
import { recordingContext } from '../test/tool-context.js';
import { createBuiltInTools } from './built-in.js';
import { createToolRegistry } from './registry.js';
import { transformTool } from './transform.js';

const greet: Tool = {
  name: 'greet',
  description: 'Greets',
  inputSchema: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string' },
      tone: { enum: ['warm', 'dry'] },
      tags: { items: { type: 'string' } },
    },
  },
  effect: 'none',
  expectedMs: 1,
  run: async (input) => input,
};

describe('createToolRegistry', () => {
  it('refuses duplicate names, naming all of them', () => {
    expect(() => createToolRegistry([greet, transformTool, greet, transformTool])).toThrow(
      /greet, transform/,
    );
  });

  it('gives facts sorted by name, without run', () => {
    const registry = createToolRegistry([transformTool, greet]);
    expect(registry.names()).toEqual(['greet', 'transform']);
    expect(registry.facts()[0]).toEqual({
      name: 'greet',
      description: 'Greets',
      inputSchema: greet.inputSchema,
      effect: 'none',
      expectedMs: 1,
    });
    expect(registry.get('nothing')).toBeUndefined();
  });

  it('tells of tools that undo themselves, and checks what they prepare for', async () => {
    const undo = { prepare: async () => 'kept', run: async (kept: JsonValue) => kept };
    const registry = createToolRegistry([{ ...greet, effect: 'reversible', undo }]);
    expect(registry.facts()[0]).toMatchObject({ effect: 'reversible', undoes: true });
    const undoes = registry.get('greet')?.undo;
    await expect(undoes?.prepare({}, recordingContext())).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      failure: { noEffect: true },
    });
    expect(await undoes?.prepare({ name: 'x' }, recordingContext())).toBe('kept');
    expect(await undoes?.run('kept', recordingContext())).toBe('kept');
  });

  it('takes the word of a tool that nothing was done, and of no other', async () => {
    for (const [noEffect, failure] of [
      [true, { code: 'TOOL_FAILED', failure: { noEffect: true, retryable: true } }],
      [false, { message: 'no such mailbox', noEffect: false }],
    ] as const) {
      const fails = async (): Promise<never> => {
        throw Object.assign(new Error('no such mailbox'), { noEffect });
      };
      const tool = createToolRegistry([{ ...greet, run: fails }]).get('greet');
      await expect(tool?.run({ name: 'x' }, recordingContext())).rejects.toMatchObject(failure);
    }
  });

  it('names every fault of an input with its path', async () => {
    const tool = createToolRegistry([greet]).get('greet');
    const run = tool?.run({ tone: 'loud', tags: ['a', 1], 'odd/name': true }, recordingContext());
    await expect(run).rejects.toMatchObject({ code: 'INVALID_INPUT', failure: { retryable: false } });
    const message = await run?.catch((error: Error) => error.message);
    expect(message).toContain('name: is required');
    expect(message).toContain('"odd/name"]: not known here');
    expect(message).toContain('tone: must be equal to one of the allowed values: "warm", "dry"');
    expect(message).toContain('tags[1]: must be string');
  });

  it('takes no input as an empty one', async () => {
    const tool = createToolRegistry([{ ...greet, inputSchema: { type: 'object' } }]).get('greet');
    expect(await tool?.run(null, recordingContext())).toEqual({});
  });
});

describe('built-in tools', () => {
  const tools = createBuiltInTools({ workspaces: ['.'], httpAllow: [] });

  it('all fit a registry and describe every field of their input', () => {
    const registry = createToolRegistry(tools);
    expect(registry.names()).toEqual(
      expect.arrayContaining([
        'transform',
        'http.request',
        'file.list',
        'file.read',
        'file.write',
        'shell.run',
        'git.log',
      ]),
    );
    for (const { name, inputSchema, description } of registry.facts()) {
      expect(description.length).toBeGreaterThan(10);
      for (const [field, schema] of Object.entries(inputSchema['properties'] as object)) {
        expect([name, field, typeof (schema as { description?: string }).description]).toEqual([
          name,
          field,
          'string',
        ]);
      }
    }
  });

  it('transform gives the value of its expression', async () => {
    const tool = createToolRegistry(tools).get('transform');
    expect(await tool?.run({ expression: { total: 3 } }, recordingContext())).toEqual({ total: 3 });
    await expect(tool?.run({}, recordingContext())).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
