import type { JsonValue } from '#contracts';
import { ledgerCommand } from '../e2e/ledger.js';

/** A plan of one kind of work, and the paths of its tasks that leave a line in the ledger. */
export interface Shape {
  readonly plan: object;
  readonly effects: readonly string[];
  readonly output: JsonValue;
}

const step = (id: string, needs: readonly string[] = [], ms = 200) => ({
  id,
  kind: 'tool',
  tool: 'ledger.step',
  needs,
  with: { ms, value: id },
});

const chain = (ids: readonly string[], ms = 200) =>
  ids.map((id, index) => step(id, ids.slice(Math.max(0, index - 1), index), ms));

const inner = { tasks: chain(['one', 'two', 'three']), output: '${tasks.three.output.value}' };

/** One of each way in which the work of a run is laid out: segments, activities, children, timers, processes. */
export const shapes: Readonly<Record<string, Shape>> = {
  sequence: {
    plan: { tasks: chain(['a', 'b', 'c', 'd', 'e']), output: '${tasks.e.output.value}' },
    effects: ['a', 'b', 'c', 'd', 'e'],
    output: 'e',
  },
  'local opening': {
    plan: {
      tasks: chain(['a', 'b', 'c', 'd', 'e']).map((task) => ({ ...task, tool: 'ledger.quick' })),
      output: '${tasks.e.output.value}',
    },
    effects: ['a', 'b', 'c', 'd', 'e'],
    output: 'e',
  },
  'fan-out': {
    plan: {
      tasks: [
        step('source'),
        ...['p', 'q', 'r', 's', 't', 'u'].map((id, index) => step(id, ['source'], 200 * (index + 1))),
        step('join', ['p', 'q', 'r', 's', 't', 'u']),
      ],
      output: '${tasks.p.output.value + tasks.u.output.value}',
    },
    effects: ['source', 'p', 'q', 'r', 's', 't', 'u', 'join'],
    output: 'pu',
  },
  'sub-plan inline': {
    plan: {
      tasks: [
        step('before'),
        { id: 'sub', kind: 'plan', needs: ['before'], plan: inner },
        step('after', ['sub']),
      ],
      output: '${tasks.sub.output}',
    },
    effects: ['before', 'sub/one', 'sub/two', 'sub/three', 'after'],
    output: 'three',
  },
  'sub-plan in a child': {
    plan: {
      tasks: [
        step('before'),
        { id: 'sub', kind: 'plan', grain: 'task', needs: ['before'], plan: inner },
        step('after', ['sub']),
      ],
      output: '${tasks.sub.output}',
    },
    effects: ['before', 'sub/one', 'sub/two', 'sub/three', 'after'],
    output: 'three',
  },
  wait: {
    plan: {
      tasks: [
        step('before'),
        { id: 'pause', kind: 'wait', for: '1500ms', needs: ['before'] },
        step('after', ['pause']),
      ],
      output: '${tasks.after.output.value}',
    },
    effects: ['before', 'after'],
    output: 'after',
  },
  'grain: task': {
    plan: { grain: 'task', tasks: chain(['a', 'b', 'c']), output: '${tasks.c.output.value}' },
    effects: ['a', 'b', 'c'],
    output: 'c',
  },
  shell: {
    plan: {
      inputs: { type: 'object', required: ['ledger'], properties: { ledger: { type: 'string' } } },
      tasks: ['a', 'b', 'c'].map((id, index) => ({
        id,
        kind: 'tool',
        tool: 'shell.run',
        needs: index === 0 ? [] : [['a', 'b', 'c'][index - 1]],
        with: { command: ledgerCommand(1.5), env: { TEST_LEDGER: '${inputs.ledger}' } },
      })),
      output: '${tasks.c.output.exitCode}',
    },
    effects: ['a', 'b', 'c'],
    output: 0,
  },
};
