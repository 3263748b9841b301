import { describe, expect, it } from '@jest/globals';
import { checkExpressions } from './check.js';
import { readsOf, referencesOf } from './references.js';

describe('referencesOf', () => {
  it('names the members of tasks and inputs that are read', () => {
    const found = referencesOf({
      a: '${tasks.build.output.files.map(f => f.name)} ${tasks["cool-down"]?.status}',
      b: ['${inputs.repo + inputs["branch"]}', '${self.output.id}${loop.last?.x}${run.id}'],
    });
    expect(found.tasks).toEqual(
      new Map([
        ['build', new Set(['output'])],
        ['cool-down', new Set(['status'])],
      ]),
    );
    expect(found.inputs).toEqual(new Set(['repo', 'branch']));
    expect([found.self, found.loop, found.run]).toEqual([
      new Set(['output']),
      new Set(['last']),
      new Set(['id']),
    ]);
    expect(found.names).toEqual(new Set(['tasks', 'inputs', 'self', 'loop', 'run']));
  });

  it('counts everything that a computed or whole read may reach', () => {
    expect(referencesOf('${inputs}').inputs).toBe('all');
    expect(referencesOf('${inputs[index].a}').inputs).toBe('all');
    expect(referencesOf('${tasks.a}').tasks.get('a')).toEqual(
      new Set(['status', 'output', 'error', 'usage']),
    );
    expect(referencesOf('${tasks.a[file]}').tasks.get('a')?.size).toBe(4);
    expect(referencesOf('${keys(inputs).map(inputs => inputs.x)}').inputs).toBe('all');
  });

  it('does not take the parameters of functions for names', () => {
    expect(referencesOf('${[1].map((x, i) => x + i + y)}').names).toEqual(new Set(['y']));
    expect(referencesOf('${[1].map(([a, { b: c }]) => a + c + b)}').names).toEqual(new Set(['b']));
    expect(referencesOf('${undefined}').names.size).toBe(0);
  });

  it('reads nothing in text without expressions', () => {
    expect(referencesOf('$${inputs.x} inputs.y').names.size).toBe(0);
  });

  it('says where each read stands', () => {
    expect(readsOf('a ${ inputs.x + tasks[inputs.y].z }')).toEqual([
      { name: 'inputs', members: ['x'], computed: false, at: 5 },
      { name: 'tasks', members: [], computed: true, at: 16 },
      { name: 'inputs', members: ['y'], computed: false, at: 22 },
    ]);
  });
});

describe('checkExpressions', () => {
  it('names every fault with where it stands', () => {
    expect(checkExpressions({ a: '${1 +} and ${foo()}', b: ['fine', '${inputs.x = 1}'] })).toEqual([
      { keys: ['a'], message: 'at character 6: unexpected token' },
      { keys: ['a'], message: 'at character 14: unknown function "foo"' },
      { keys: ['b', 1], message: 'at character 3: nothing can be assigned; to compare, write ===' },
    ]);
  });

  it('lets sound expressions and other text pass', () => {
    expect(checkExpressions({ a: 'x', b: '${inputs.x}', c: '$${', d: [1, null, true] })).toEqual([]);
  });
});
