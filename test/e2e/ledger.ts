import { existsSync, readFileSync } from 'node:fs';

/** A line that a tool or a command wrote about what it did to the world. */
export interface LedgerEntry {
  readonly at: 'start' | 'end';
  readonly run: string;
  readonly path: string;
  readonly key: string;
  /** Process group of a command. */
  readonly group?: number;
}

/** Everything that happened, in order, as the disk has it. */
export function readLedger(file: string): readonly LedgerEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LedgerEntry);
}

/** Those that began and have not ended. */
export function underWay(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const ended = new Set(entries.filter(({ at }) => at === 'end').map(({ key }) => key));
  return entries.filter(({ at, key }) => at === 'start' && !ended.has(key));
}

/** A command for `shell.run` that writes what `ledger.step` writes. */
export function ledgerCommand(seconds: number): string {
  const line = (at: string): string =>
    `printf '{"at":"${at}","run":"%s","path":"%s","key":"%s","group":%s}\\n' ` +
    `"$NEXUS_RUN_ID" "$NEXUS_TASK_PATH" "$NEXUS_IDEMPOTENCY_KEY" "$PPID" >> "$TEST_LEDGER"`;
  return `${line('start')}; sleep ${seconds}; ${line('end')}`;
}

/** Whether any process of the group is left. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
