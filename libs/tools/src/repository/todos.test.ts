import { describe, expect, it } from '@jest/globals';
import { todosIn, summaryOfTodos } from './todos.js';

describe('todosIn', () => {
  it.each([
    ['// TODO: mend it', 'TODO', 'mend it'],
    ['  x(); // FIXME(ada): later', 'FIXME', 'later'],
    ['# HACK around the bug', 'HACK', 'around the bug'],
    [' * XXX - why?', 'XXX', 'why?'],
    ['/* TODO one */', 'TODO', 'one'],
    ['<!-- TODO: two -->', 'TODO', 'two'],
    ['-- TODO three', 'TODO', 'three'],
    ['// TODO', 'TODO', ''],
  ])('reads %s', (line, tag, text) => {
    expect(todosIn('a', `first\n${line}\n`)).toMatchObject([{ path: 'a', line: 2, tag, text }]);
  });

  it.each([
    "const list = 'TODO';",
    'TODO = 1',
    '// todo in small letters',
    '// TODOS are many',
    `// TODO ${'x'.repeat(600)}`,
  ])('takes no note from %s', (line) => {
    expect(todosIn('a', line)).toEqual([]);
  });

  it('lists what is urgent first, then what is old', () => {
    const dated = [
      { line: '// TODO young', ageDays: 1 },
      { line: '// FIXME new', ageDays: 0 },
      { line: '// TODO old', ageDays: 900 },
    ].flatMap(({ line, ageDays }) => todosIn('a', line).map((todo) => ({ ...todo, ageDays })));
    const summary = summaryOfTodos(dated, 2);
    expect(summary.items.map(({ text }) => text)).toEqual(['new', 'old']);
    expect(summary).toMatchObject({
      total: 3,
      counts: { TODO: 2, FIXME: 1 },
      files: [{ path: 'a', count: 3 }],
    });
  });
});
