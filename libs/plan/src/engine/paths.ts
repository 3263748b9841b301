/** The body that a task stands in: `fix[0]` of `fix[0]/check`, `` of `build`. */
export function scopeOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** The task whose body this is: `fix` of `fix[0]`, `decide` of `decide`. */
export function containerOf(scope: string): string {
  return scope.endsWith(']') ? scope.slice(0, scope.lastIndexOf('[')) : scope;
}

/** Which turn or item a body is; -1 for one that comes only once. */
export function indexOfBody(scope: string): number {
  return scope.endsWith(']') ? Number(scope.slice(scope.lastIndexOf('[') + 1, -1)) : -1;
}

/** The same for every turn and item: `fix[]/check`. */
export function patternOf(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}

/** The body of a container, for all of its turns and items. */
export function bodyPattern(path: string, kind: string): string {
  return kind === 'loop' || kind === 'map' ? `${path}[]` : path;
}

/** Whether a path, of a task or a body, is in something that the container holds. */
export function isUnder(container: string, path: string): boolean {
  return path.startsWith(`${container}/`) || path.startsWith(`${container}[`);
}

/** The containers around a task, from within. */
export function containersOf(path: string): string[] {
  const found: string[] = [];
  for (let scope = scopeOf(path); scope !== ''; scope = scopeOf(containerOf(scope))) {
    found.push(containerOf(scope));
  }
  return found;
}
