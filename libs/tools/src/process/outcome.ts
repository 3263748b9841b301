import type { ErrorDetails, NexusError, TaskFailureCode } from '#contracts';
import { nexusError } from '#contracts';

/** How a process ended and what it put out, the last 64 KiB of each stream. */
export interface ProcessOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** IDs of the artefacts that hold output in full. */
  readonly artefacts: string[];
}

/** A failure of a tool that ran a process: what it put out is kept with the attempt. */
export type ProcessError = NexusError & { readonly process: ProcessOutcome };

export function processError(
  code: TaskFailureCode,
  message: string,
  process: ProcessOutcome,
  details: ErrorDetails = {},
): ProcessError {
  return Object.assign(nexusError(code, message, details), { process });
}
