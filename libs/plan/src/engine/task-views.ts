import type { JsonObject } from '#contracts';

/** For tasks of one body the expressions that read them whole, by ID. */
export function taskViews(paths: readonly string[]): JsonObject {
  return Object.fromEntries(
    paths.map((path) => {
      const id = path.slice(path.lastIndexOf('/') + 1);
      return [id, `\${tasks['${id}']}`];
    }),
  );
}
