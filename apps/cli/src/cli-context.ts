import type { ApiClient } from './api-client.js';
import type { Terminal } from './terminal.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command is given: everything of the process that it may touch. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly workingDirectory: string;
  /** The API that NEXUS_URL or NEXUS_PORT names. */
  readonly api: () => ApiClient;
  /** A signal that Ctrl-C aborts, while `work` runs; a second Ctrl-C ends the process at once. */
  readonly interruptible: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** Asks a person yes or no; absent off a terminal, where nobody can be asked. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Called once by the command that ran. */
  readonly exit: (code: number) => void;
}
