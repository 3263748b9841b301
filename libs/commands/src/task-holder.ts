import type { RunRow, Store } from '#store';

/** The workflow that looks after a task: that of the nearest container with one of its own, else the run's. */
export async function taskHolder(store: Store, run: RunRow, path: string): Promise<string> {
  const children = await store.tasks.workflows(run.tenant, run.id);
  return nearestContainer(children, path) ?? run.workflowId;
}

/** Of the workflows of tasks, that of the innermost task which the path lies in; a task does not lie in itself. */
export function nearestContainer(
  workflows: readonly { readonly path: string; readonly workflowId: string }[],
  path: string,
): string | undefined {
  const around = workflows.filter(
    (one) => path.startsWith(`${one.path}/`) || path.startsWith(`${one.path}[`),
  );
  return around.sort((a, b) => b.path.length - a.path.length)[0]?.workflowId;
}
