import { describe, expect, it } from '@jest/globals';
import { createBuiltInTools } from './built-in.js';
import { createToolRegistry } from './registry.js';
import { builtInTemplates } from './templates.js';

interface Task {
  readonly id: string;
  readonly kind: string;
  readonly tool?: string;
  readonly needs?: string[];
  readonly with?: Record<string, unknown>;
  readonly plan?: { readonly tasks: Task[] };
}

function toolTasks(tasks: readonly Task[]): Task[] {
  return tasks.flatMap((task) => (task.plan ? toolTasks(task.plan.tasks) : [task]));
}

describe('repo-health', () => {
  const template = builtInTemplates().find((candidate) => candidate['name'] === 'repo-health');
  const tasks = template?.['tasks'] as unknown as Task[];
  const registry = createToolRegistry(createBuiltInTools({ workspaces: ['.'], httpAllow: [] }));

  it('uses tools that exist, and fields that they take', () => {
    for (const { id, tool = '', with: fields = {} } of toolTasks(tasks)) {
      const known = Object.keys((registry.get(tool)?.inputSchema['properties'] ?? {}) as object);
      expect([id, Object.keys(fields).filter((field) => !known.includes(field))]).toEqual([id, []]);
      expect([id, known.length > 0]).toEqual([id, true]);
    }
  });

  it('needs only tasks that it has', () => {
    const ids = tasks.map(({ id }) => id);
    expect(tasks.flatMap(({ needs = [] }) => needs).filter((need) => !ids.includes(need))).toEqual([]);
  });
});

describe('repo-health-assessed', () => {
  it('takes from repo-health only what that puts out', () => {
    const [plain, assessed] = ['repo-health', 'repo-health-assessed'].map((name) =>
      builtInTemplates().find((candidate) => candidate['name'] === name),
    );
    const given = Object.keys((plain?.['output'] ?? {}) as object);
    const taken = [...JSON.stringify(assessed).matchAll(/tasks\.health\.output\.(\w+)/g)].map(
      (match) => match[1],
    );
    expect(taken.length).toBeGreaterThan(given.length);
    expect(taken.filter((name) => !given.includes(name ?? ''))).toEqual([]);
  });
});
