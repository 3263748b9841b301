import type { Environment } from './environment.js';
import type { ConfigFault } from './fault.js';
import { variables, variablesForTools } from './variables.js';

/** So near to a known name that it must be meant: a setting the user believes to be in force. */
const typoDistance = 2;

/**
 * `NEXUS_*` variables that mean nothing. A likely typo is a fault; anything else is only worth a warning,
 * since container platforms add variables named after services.
 */
export function findUnknownVariables(env: Environment): { faults: ConfigFault[]; warnings: ConfigFault[] } {
  const known = [...variables.map(({ name }) => name), ...variablesForTools];
  const faults: ConfigFault[] = [];
  const warnings: ConfigFault[] = [];
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('NEXUS_') || known.includes(variable)) continue;
    const meant = known.find((name) => distance(name, variable) <= typoDistance);
    if (meant) faults.push({ variable, problem: 'is not known', hint: `Did you mean ${meant}?` });
    else warnings.push({ variable, problem: 'is not known', hint: 'It has no effect.' });
  }
  return { faults, warnings };
}

/** Levenshtein's distance: how many letters must be added, removed or replaced. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
