/** Of the workflows of tasks, that of the innermost task which the path lies in; a task does not lie in itself. */
export function nearestContainer<Holder extends { readonly path: string }>(
  workflows: readonly Holder[],
  path: string,
): Holder | undefined {
  const around = workflows.filter(
    (one) => path.startsWith(`${one.path}/`) || path.startsWith(`${one.path}[`),
  );
  return around.sort((a, b) => b.path.length - a.path.length)[0];
}
