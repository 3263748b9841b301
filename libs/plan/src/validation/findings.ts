import { formatPath, orderFaults } from '../fault.js';
import type { Key, PlanFault } from '../fault.js';

/** A fault before its path is written out. */
export interface Finding {
  readonly keys: readonly Key[];
  readonly code: PlanFault['code'];
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Where checks put what they find. */
export interface Findings {
  readonly faults: Finding[];
  readonly warnings: Finding[];
  readonly fault: (keys: readonly Key[], message: string, hint?: string) => void;
  /** Sound, but this version cannot run it. */
  readonly notYet: (keys: readonly Key[], what: string) => void;
  readonly warn: (keys: readonly Key[], message: string, hint?: string) => void;
}

export function createFindings(): Findings {
  const faults: Finding[] = [];
  const warnings: Finding[] = [];
  return {
    faults,
    warnings,
    fault: (keys, message, hint) => faults.push({ keys, code: 'BAD_USER_INPUT', message, hint }),
    notYet: (keys, what) =>
      faults.push({ keys, code: 'FAILED_PRECONDITION', message: `${what} is not available yet` }),
    warn: (keys, message, hint) => warnings.push({ keys, code: 'BAD_USER_INPUT', message, hint }),
  };
}

/** Findings as people read them: in the order of the document, each once. */
export function writeOut(findings: readonly Finding[]): PlanFault[] {
  return orderFaults(
    findings.map(({ keys, code, message, hint }) => ({
      path: formatPath(keys),
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
    })),
  );
}
