import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '#contracts';
import { taskKinds } from '#contracts';
import fc from 'fast-check';
import { available } from './availability.js';
import type { Availability } from './availability.js';
import type { PlanDocument } from './document.js';
import { describeFault } from './fault.js';
import { parsePlanText } from './text.js';
import { validatePlan } from './validate.js';
import type { ValidationContext, ValidationTool } from './validation/context.js';

const everything: Availability = {
  kinds: Object.fromEntries(taskKinds.map((kind) => [kind, true])) as Availability['kinds'],
  compensate: true,
  compensateEffects: true,
  escalate: true,
  cache: true,
  requires: true,
  plannedSubPlans: true,
};
const tools: Record<string, ValidationTool> = {
  'file.list': {
    effect: 'none',
    inputSchema: {
      type: 'object',
      required: ['path'],
      properties: { path: { type: 'string' }, glob: { type: 'string' } },
      additionalProperties: false,
    },
  },
  'file.read': { effect: 'none', inputSchema: { type: 'object', required: ['path'] } },
  'shell.run': {
    effect: 'unkeyed',
    inputSchema: { type: 'object', properties: { timeout: { type: 'number' } } },
  },
  'http.request': { effect: 'keyed' },
};
const templates: Record<string, PlanDocument[]> = {
  notify: [
    { version: 1, tasks: [{ id: 'one', kind: 'tool', tool: 'http.request' }] },
    {
      version: 1,
      inputs: {
        type: 'object',
        required: ['text', 'channel'],
        properties: { text: { type: 'string' }, channel: { default: 'all' } },
        additionalProperties: false,
      },
      tasks: [{ id: 'send', kind: 'tool', tool: 'http.request', with: { body: '${inputs.text}' } }],
    },
  ],
};
const context: ValidationContext = {
  tools: (name) => tools[name],
  agents: (name) => name === 'backend',
  templates: (name, version) => templates[name]?.at(version === undefined ? -1 : version - 1),
  available: everything,
  knownToolNames: Object.keys(tools),
  knownAgentNames: ['backend'],
  knownTemplateNames: Object.keys(templates),
};

function faultsOf(raw: unknown, changed: Partial<ValidationContext> = {}): string[] {
  const validation = validatePlan(raw, { ...context, ...changed });
  return validation.ok ? [] : validation.faults.map(describeFault);
}
const warningsOf = (raw: unknown): string[] => validatePlan(raw, context).warnings.map(describeFault);
const plan = (...tasks: JsonObject[]): JsonObject => ({ version: 1, tasks });
const read = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  kind: 'tool',
  tool: 'file.read',
  with: { path: 'x' },
  ...more,
});

function example(): JsonObject {
  const text = readFileSync(new URL('./fixtures/repo-health.plan.yaml', import.meta.url), 'utf8');
  const parsed = parsePlanText(text);
  if (!parsed.ok) throw new Error('the fixture is broken');
  return parsed.value as JsonObject;
}

describe('a sound plan', () => {
  it('is given back parsed, its inner tasks as lists with ids', () => {
    const shell = {
      ...context,
      tools: (name: string) => (name === 'shell.run' ? { effect: 'none' as const } : tools[name]),
    };
    const validation = validatePlan(example(), shell);
    expect(validation).toMatchObject({ ok: true });
    if (!validation.ok) return;
    expect(validation.plan.tasks[2]).toMatchObject({
      id: 'read_all',
      do: [{ id: 'item', tool: 'file.read' }],
    });
    expect(validatePlan(validation.plan, shell)).toMatchObject({ ok: true, plan: validation.plan });
  });

  it('is refused by name for what is not there yet, and for nothing else', () => {
    const validation = validatePlan(example(), {
      ...context,
      available,
      tools: (name) => (name === 'shell.run' ? { effect: 'none' } : tools[name]),
    });
    const faults = validation.ok ? [] : validation.faults;
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['FAILED_PRECONDITION']));
    expect(faults.map(describeFault)).toEqual(['tasks[1].cache: cache is not available yet']);
  });
});

describe('the shape of a plan', () => {
  it('is told fault by fault, with what was probably meant', () => {
    const raw = {
      version: 2,
      nmae: 'x',
      effects: 'compensat',
      concurrency: 0,
      tasks: [
        { id: 'A', kind: 'tol' },
        { tool: 'file.read' },
        read('c', {
          need: ['b'],
          timeout: '5 minutes',
          retry: { maxAttempt: 3, on: ['TIMEOUTS'] },
          over: [],
        }),
        { id: 'd', kind: 'loop', while: '${true}', do: { id: 'e', kind: 'tool', tol: 1 } },
        { id: 'f', kind: 'branch', cases: [], else: [{ id: 'g', kind: 'wait', for: 5 }] },
        'h',
      ],
    };
    expect(faultsOf(raw)).toEqual([
      'concurrency: too small: expected number to be >=1',
      'effects: expected "compensate" or "keep", got "compensat" (did you mean "compensate"?)',
      'nmae: unknown field "nmae" (did you mean "name"?)',
      'tasks[0].kind: unknown kind "tol"; expected tool, model, agent, approval, wait, map, branch, loop, plan (did you mean "tool"?)',
      'tasks[1].id: "id" is missing (only a task in a map can go without)',
      'tasks[1].kind: "kind" is missing (write kind: tool)',
      'tasks[2].need: unknown field "need" (did you mean "needs"?)',
      'tasks[2].over: unknown field "over" (tasks of kind map have it)',
      'tasks[2].retry.maxAttempt: unknown field "maxAttempt" (did you mean "maxAttempts"?)',
      expect.stringMatching(
        /^tasks\[2\]\.retry\.on\[0\]: expected "TIMEOUT" or .*did you mean "TIMEOUT"\?\)$/,
      ),
      expect.stringMatching(/^tasks\[2\]\.timeout: not a duration longer than 0: write 500ms/),
      'tasks[3].do.tol: unknown field "tol" (did you mean "tool"?)',
      'tasks[3].do.tool: "tool" is missing',
      'tasks[3].maxIterations: "maxIterations" is missing',
      'tasks[4].cases: too small: expected array to have >=1 items',
      'tasks[4].else[0].for: expected a string, got 5',
      'tasks[5]: expected an object, got "h"',
      'version: expected 1, got 2',
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a list', [], /a plan is an object/],
    ['nothing', undefined, /a plan is an object/],
    ['no tasks', { version: 1 }, /^tasks: "tasks" is missing/],
    ['an empty list of tasks', plan(), /^tasks: too small/],
    ['a bad id', plan(read('Build')), /^tasks\[0\]\.id: an id is a small letter/],
    ['an id no expression can read', plan(read('constructor')), /cannot be an id/],
    ['two ids', plan(read('a'), read('a')), /^tasks\[1\]\.id: the id "a" is taken$/],
    ['two waits', plan({ id: 'a', kind: 'wait', for: '1s', until: '2030-01-01T00:00:00Z' }), /only one of/],
    ['no wait', plan({ id: 'a', kind: 'wait' }), /a wait task needs "for" or "until"/],
    ['no prompt', plan({ id: 'a', kind: 'model', model: 'm' }), /a model task needs "prompt" or "messages"/],
    ['a moment that is none', plan({ id: 'a', kind: 'wait', until: 'tomorrow' }), /RFC 3339/],
    [
      'inputs that are no schema',
      { ...plan(read('a')), inputs: { type: 'objekt' } },
      /^inputs.type: "objekt" is not a type/,
    ],
    [
      'a pattern that is none',
      plan({ id: 'a', kind: 'model', model: 'm', prompt: 'p', output: { pattern: '(' } }),
      /output.pattern/,
    ],
    [
      'a cache of an effect',
      plan({ id: 'a', kind: 'tool', tool: 'http.request', cache: { ttl: '1h' } }),
      /only tools without effects/,
    ],
    [
      'text that is too long',
      { ...plan(read('a')), description: 'x'.repeat(1_000_000) },
      /has 1000\d+ characters of JSON/,
    ],
    [
      'JSON that is none',
      { ...plan(read('a')), output: { x: [Number.NaN] } },
      /^output\.x\[0\]: NaN is not JSON/,
    ],
    ['too deep a value', { ...plan(read('a')), output: deep(300) }, /nested deeper than 200/],
  ])('is refused: %s', (_, raw, message) => expect(faultsOf(raw).join('\n')).toMatch(message));

  it('has bounds for tasks and nestings', () => {
    const many = Array.from({ length: 10_001 }, (_, index) => ({ id: `t${index}`, kind: 'wait', for: '1s' }));
    expect(faultsOf(plan(...many))).toEqual([
      'tasks: 10001 tasks with all nestings; at most 10000 are taken',
    ]);
    let inner: JsonObject = read('leaf');
    for (let level = 17; level > 0; level -= 1) {
      inner = { id: `l${level}`, kind: 'loop', while: '${true}', maxIterations: 2, do: inner };
    }
    expect(faultsOf(plan(inner)).join()).toContain('tasks are nested deeper than 16 levels');
    expect(faultsOf(plan(inner.do as JsonObject))).toEqual([]);
  });

  it('lets "item" repeat, but not among siblings', () => {
    const map = (id: string, doing: JsonValue): JsonObject => ({ id, kind: 'map', over: [1], do: doing });
    const unnamed = { kind: 'tool', tool: 'file.read', with: { path: '${item}' } };
    expect(
      faultsOf(plan(map('a', unnamed), map('b', [unnamed]), map('c', { ...unnamed, id: 'item' }))),
    ).toEqual([]);
    expect(faultsOf(plan(map('a', [unnamed, unnamed])))).toEqual([
      'tasks[0].do[1].id: the id "item" is taken',
    ]);
  });

  it('may leave out the version', () => expect(faultsOf({ tasks: [read('a')] })).toEqual([]));
});

describe('needs', () => {
  it('are siblings that exist', () => {
    expect(faultsOf(plan(read('build'), read('b'), read('c', { needs: ['bild', 'b'] })))).toEqual([
      'tasks[2].needs[0]: unknown task "bild" (did you mean "build"?)',
    ]);
    const branch = {
      id: 'br',
      kind: 'branch',
      cases: [{ if: true, do: [read('in', { needs: ['a', 'br'] })] }],
    };
    expect(faultsOf(plan(read('a'), branch, read('z', { needs: ['in'] })))).toEqual([
      'tasks[1].cases[0].do[0].needs[0]: "a" is not a sibling of "in" (let "br" need it; the tasks in it then see it)',
      'tasks[1].cases[0].do[0].needs[1]: "br" is not a sibling of "in" ("br" contains this task)',
      'tasks[2].needs[0]: "in" is not a sibling of "z" (need "br", which contains it)',
    ]);
  });

  it('do not go in circles', () => {
    expect(faultsOf(plan(read('a', { needs: ['b'] }), read('b', { needs: ['a'] })))).toEqual([
      'tasks[1].needs[0]: cycle: a -> b -> a',
    ]);
    expect(faultsOf(plan(read('a', { needs: ['a'] })))).toEqual(['tasks[0].needs[0]: cycle: a -> a']);
    expect(
      faultsOf(
        plan(
          read('x', { needs: ['c'] }),
          read('a', { needs: ['b'] }),
          read('b', { needs: ['c'] }),
          read('c', { needs: ['a'] }),
        ),
      ),
    ).toEqual(['tasks[2].needs[0]: cycle: c -> a -> b -> c']);
  });

  it('may form a chain as long as a plan', () => {
    const chain = Array.from({ length: 9_000 }, (_, index) => ({
      id: `t${index}`,
      kind: 'wait',
      for: index < 2 ? '1s' : '${tasks.t0.output}s',
      needs: index === 0 ? [] : [`t${index - 1}`],
    }));
    expect(faultsOf(plan(...chain))).toEqual([]);
  });
});

describe('expressions', () => {
  const reading = (expression: string, more: JsonObject = {}): JsonObject =>
    read('r', { with: { path: `\${${expression}}` }, ...more });

  it.each([
    ['tasks.a.output.x', 'task "a" is not among what "r" needs (add "a" to the needs of "r")'],
    ['tasks.r.output', '"r" reads itself'],
    ['tasks["cool-dwn"].output', 'unknown task "cool-dwn" (did you mean "cool-down"?)'],
    ['tasks.cool.output', 'unknown task "cool" (a name with - is read as tasks["cool-down"])'],
    [
      'tasks["cool-down"].out',
      'task "cool-down" is not among what "r" needs (add "cool-down" to the needs of "r")',
    ],
    ['tasks[inputs.repo].output', 'a task is read by its name, written out: tasks.<id> or tasks["<id>"]'],
    ['tasks.n.outptu', 'a task has status, output, error, usage, but no "outptu" (did you mean "output"?)'],
    ['tasks.n.files', 'a task has status, output, error, usage, but no "files" (write tasks.n.output.files)'],
    [
      'tasks.in.output',
      'task "in" is inside "br", of which only the output can be read (write tasks.br.output…)',
    ],
    ['n.output', 'unknown name "n" (write tasks.n)'],
    ['repo', 'unknown name "repo" (write inputs.repo)'],
    ['inputs.rep', 'unknown input "rep" (did you mean "repo"?)'],
    ['Math.PI', 'unknown name "Math"; use min, max, sum or round'],
    ['self.output', '"self" can be read only in the "with" of a "compensate"'],
    ['loop.index', '"loop" can be read only in a loop'],
    ['index', '"index" can be read only in a map'],
    ['run.idd', '"run" has id, startedAt, but no "idd" (did you mean "id"?)'],
    ['1 +', 'at character 6: unexpected token'],
  ])('%s is a fault', (expression, message) => {
    const branch = { id: 'br', kind: 'branch', cases: [{ if: true, do: [read('in')] }] };
    const raw = {
      ...plan(read('a'), read('n'), read('cool-down'), branch, reading(expression, { needs: ['n', 'br'] })),
      inputs: { properties: { repo: {} }, additionalProperties: false },
    };
    expect(faultsOf(raw)).toEqual([`tasks[4].with.path: ${message}`]);
  });

  it('see what is needed through others, and what the container needs', () => {
    const inner = reading('tasks.a.output + tasks.s.output + file + index + loop.index + inputs.x + run.id', {
      needs: ['s'],
    });
    const map = { id: 'm', kind: 'map', over: '${tasks.a.output}', as: 'file', do: [read('s'), inner] };
    const loop = {
      id: 'l',
      kind: 'loop',
      while: '${tasks.a.output.go}',
      maxIterations: 1,
      do: map,
      needs: ['b'],
    };
    expect(faultsOf(plan(read('a'), read('b', { needs: ['a'] }), loop))).toEqual([]);
    expect(faultsOf(plan(read('a'), read('b'), loop))).toEqual([
      'tasks[2].do.do[1].with.path: task "a" is not among what "r" needs (add "a" to the needs of "l", the task around it)',
      'tasks[2].do.over: task "a" is not among what "m" needs (add "a" to the needs of "l", the task around it)',
      'tasks[2].while: task "a" is not among what "l" needs (add "a" to the needs of "l")',
    ]);
  });

  it('see through needs that are written further down', () => {
    const raw = plan(reading('tasks.c.output', { needs: ['b'] }), read('b', { needs: ['c'] }), read('c'));
    expect(faultsOf(raw)).toEqual([]);
  });

  it('do not see a container from inside, nor siblings that are not needed', () => {
    const map = {
      id: 'm',
      kind: 'map',
      over: [1],
      do: [read('s'), reading('tasks.m.output + tasks.s.status')],
    };
    expect(faultsOf(plan(map))).toEqual([
      'tasks[0].do[1].with.path: "m" contains this task and has not ended yet',
      'tasks[0].do[1].with.path: task "s" is not among what "r" needs (add "s" to the needs of "r")',
    ]);
  });

  it('see only the inputs in a sub-plan, and every task in the output', () => {
    const sub = {
      id: 's',
      kind: 'plan',
      needs: ['a'],
      plan: { tasks: [read('b', { with: { path: '${tasks.a.output}' } })] },
    };
    expect(
      faultsOf({ ...plan(read('a'), sub), output: '${tasks.a.output + tasks.s.status + tasks.b.output}' }),
    ).toEqual(['output: unknown task "b"', 'tasks[1].plan.tasks[0].with.path: unknown task "a"']);
  });

  it('are needed where a condition or a list is', () => {
    expect(
      faultsOf(plan(read('a', { when: 'inputs.x > 1' }), read('b', { when: '${inputs.x} > 1' }))),
    ).toEqual([
      'tasks[0].when: expected one expression in ${ } and nothing else (write "${inputs.x > 1}")',
      'tasks[1].when: expected one expression in ${ } and nothing else (put all of it inside one ${ })',
    ]);
  });

  it('do not stand in names', () => {
    expect(faultsOf(plan({ id: 'a', kind: 'model', model: '${inputs.m}', prompt: 'x' }))).toEqual([
      'tasks[0].model: expressions are not evaluated here',
    ]);
    expect(faultsOf(plan({ id: 'a', kind: 'map', over: [], as: 'inputs', do: read('b') })).join()).toContain(
      'means something else',
    );
  });
});

describe('names of other things', () => {
  it('are known', () => {
    expect(
      faultsOf(
        plan(
          { id: 'a', kind: 'tool', tool: 'file.raed' },
          { id: 'b', kind: 'agent', agent: 'backnd' },
          { id: 'c', kind: 'plan', template: 'notfy' },
          { id: 'd', kind: 'plan', template: 'notify@9' },
          { id: 'e', kind: 'tool', tool: 'http.request', compensate: { tool: 'nothing' } },
        ),
      ),
    ).toEqual([
      'tasks[0].tool: unknown tool "file.raed" (did you mean "file.read"?)',
      'tasks[1].agent: unknown agent "backnd" (did you mean "backend"?)',
      'tasks[2].template: unknown template "notfy" (did you mean "notify"?)',
      'tasks[3].template: template "notify" has no version 9',
      'tasks[4].compensate.tool: unknown tool "nothing"',
    ]);
  });

  it('are given what they take, as far as it is known before the run', () => {
    expect(
      faultsOf(
        plan(
          { id: 'a', kind: 'tool', tool: 'file.list' },
          { id: 'b', kind: 'tool', tool: 'file.list', with: { path: '${inputs.x}', glob: 5, pth: 1 } },
          { id: 'c', kind: 'tool', tool: 'shell.run', with: { timeout: '${inputs.t}' } },
          { id: 'd', kind: 'plan', template: 'notify', with: { txt: 'x' } },
          { id: 'e', kind: 'plan', template: 'notify@1', with: { any: 'x' } },
          { id: 'f', kind: 'plan', with: {}, plan: { inputs: { required: ['z'] }, tasks: [read('g')] } },
        ),
      ),
    ).toEqual([
      'tasks[0].with: missing property "path"',
      'tasks[1].with: unknown property "pth"',
      'tasks[1].with.glob: expected string, got number',
      'tasks[3].with: missing property "text"',
      'tasks[3].with: unknown property "txt"',
      'tasks[5].with: missing property "z"',
    ]);
  });

  it('of templates lead to their faults, once', () => {
    const broken: PlanDocument = {
      version: 1,
      tasks: [{ id: 'a', kind: 'tool', tool: 'gone', needs: ['b'] }],
    };
    const include = (id: string): JsonObject => ({ id, kind: 'plan', template: 'broken' });
    expect(faultsOf(plan(include('x'), include('y')), { templates: () => broken })).toEqual([
      'tasks[0].template.tasks[0].needs[0]: unknown task "b"',
      'tasks[0].template.tasks[0].tool: unknown tool "gone"',
    ]);
  });

  it('of templates do not lead back to themselves', () => {
    const including = (template: string): PlanDocument => ({
      version: 1,
      tasks: [{ id: 'a', kind: 'plan', template }],
    });
    const circle: Record<string, PlanDocument> = { one: including('two'), two: including('one') };
    const lookup = { templates: (name: string) => circle[name] };
    expect(faultsOf(including('one'), lookup)).toEqual([
      'tasks[0].template.tasks[0].template.tasks[0].template: a template cannot include itself: one -> two -> one',
    ]);
    expect(faultsOf(including('two'), { ...lookup, savedAs: 'one' }).join()).toContain('one -> two -> one');
    expect(faultsOf(including('notify'), { savedAs: 'notify' })).toEqual([
      'tasks[0].template: a template cannot include itself: notify -> notify',
    ]);
    expect(faultsOf({ ...including('notify@1') }, { savedAs: 'notify' })).toEqual([]);
  });

  it('of templates count with all their tasks', () => {
    const level = (next: number): PlanDocument => ({
      version: 1,
      tasks: Array.from({ length: 30 }, (_, index) =>
        next > 4
          ? { id: `t${index}`, kind: 'wait', for: '1s' }
          : { id: `t${index}`, kind: 'plan', template: `level${next}` },
      ),
    });
    const lookup = { templates: (name: string) => level(Number(name.slice(5)) + 1) };
    expect(faultsOf(level(1), lookup).at(0)).toMatch(
      /^tasks: \d+ tasks with all nestings; at most 10000 are taken$/,
    );
  });
});

describe('a warning', () => {
  it('does not refuse the plan', () => {
    const task = {
      id: 'a',
      kind: 'tool',
      tool: 'http.request',
      with: { body: '${inputs.repoo}' },
      compensate: { tool: 'http.request', with: { url: 'x/${self.output.id}/${self.idempotencyKey}' } },
    };
    const raw = {
      ...plan(
        task,
        { id: 'b', kind: 'tool', tool: 'shell.run' },
        read('c', { compensate: { tool: 'shell.run' } }),
      ),
      effects: 'compensate',
      inputs: { type: 'object', properties: { repo: {} } },
    };
    expect(faultsOf(raw)).toEqual([]);
    expect(warningsOf(raw)).toEqual([
      'tasks[0].compensate.with.url: self.output is null when the outcome of the effect is unknown (self.idempotencyKey and self.input are always known)',
      'tasks[0].with.body: the schema of the inputs does not name "repoo" (did you mean "repo"?)',
      'tasks[1]: a rollback cannot undo "shell.run" (say how, with "compensate")',
      'tasks[2].compensate: "file.read" has no effect to compensate',
    ]);
  });
});

describe('whatever is given', () => {
  const word = fc.constantFrom(
    'a',
    'b',
    'item',
    'tool',
    'map',
    'loop',
    'branch',
    'plan',
    '${tasks.a.output}',
    '${',
    '5m',
  );
  const field = fc.constantFrom(
    'id',
    'kind',
    'needs',
    'do',
    'tasks',
    'cases',
    'if',
    'else',
    'with',
    'when',
    'over',
    'plan',
    'inputs',
    'output',
    'compensate',
    'retry',
    'template',
    'while',
    'tool',
    'properties',
    'type',
    '$ref',
    '__proto__',
  );
  const anything = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, word, fc.jsonValue({ maxDepth: 1 }), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(field, tie('value'), { maxKeys: 6 }),
  }));

  it('there is an answer, and an accepted plan stays accepted', () => {
    fc.assert(
      fc.property(anything.object, anything.list, (document, tasks) => {
        for (const raw of [document, { ...(document as object), version: 1, tasks }]) {
          const validation = validatePlan(raw, context);
          if (validation.ok) expect(validatePlan(validation.plan, context).ok).toBe(true);
          else expect(validation.faults.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function deep(levels: number): JsonValue {
  return JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as JsonValue;
}
