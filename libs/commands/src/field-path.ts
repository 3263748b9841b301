/** Splits a path such as `tasks[2].with["content-type"]` into its steps. */
export function fieldPath(path: string): string[] {
  const steps = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...steps].map(([, quoted, place, name]) =>
    quoted === undefined ? (place ?? name ?? '') : (JSON.parse(`"${quoted}"`) as string),
  );
}
