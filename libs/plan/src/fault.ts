/** One thing that is wrong with a document, and where. */
export interface PlanFault {
  /** Such as `tasks[2].needs[0]`; empty for the document as a whole. */
  readonly path: string;
  /** FAILED_PRECONDITION: sound, but not available yet. */
  readonly code: 'BAD_USER_INPUT' | 'FAILED_PRECONDITION';
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A step into a document: a member's name or a place in a list. */
export type Key = string | number;

/** Writes a path as people read it: `tasks[2].with["content-type"]`. */
export function formatPath(keys: readonly Key[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
    return path === '' ? key : `${path}.${key}`;
  }, '');
}

/** A fault in one line: `tasks[2].needs[0]: unknown task "bild" (did you mean "build"?)`. */
export function describeFault(fault: PlanFault): string {
  const place = fault.path === '' ? '' : `${fault.path}: `;
  return `${place}${fault.message}${fault.hint === undefined ? '' : ` (${fault.hint})`}`;
}

/** Faults in the order of the document, each once. */
export function orderFaults(faults: readonly PlanFault[]): PlanFault[] {
  const distinct = new Map(faults.map((fault) => [`${fault.path}\n${fault.message}`, fault]));
  const keyed = [...distinct.values()].map((fault) => ({ fault, parts: fault.path.match(/\d+|\D+/g) ?? [] }));
  return keyed.sort((left, right) => comparePaths(left.parts, right.parts)).map(({ fault }) => fault);
}

function comparePaths(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [a = '', b = ''] = [left[index], right[index]];
    if (a !== b) return /^\d/.test(a) && /^\d/.test(b) ? Number(a) - Number(b) : a < b ? -1 : 1;
  }
  return left.length - right.length;
}
