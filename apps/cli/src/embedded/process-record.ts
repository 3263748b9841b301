import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ProcessEntry = z.object({
  pid: z.number().int(),
  start: z.string(),
  command: z.string(),
  port: z.number(),
});

/** The processes that belong to a home, written down so that the next start can find them after a crash. */
const ProcessRecord = z.object({ server: ProcessEntry.optional(), ui: ProcessEntry.optional() });

export type ProcessEntry = z.infer<typeof ProcessEntry>;
export type ProcessRecord = z.infer<typeof ProcessRecord>;

const recordFile = (folder: string): string => join(folder, 'processes.json');

/** What the last start wrote; empty when there was none or the file is no record (a torn disk, an older version). */
export function readProcessRecord(folder: string): ProcessRecord {
  try {
    return ProcessRecord.parse(JSON.parse(readFileSync(recordFile(folder), 'utf8')));
  } catch {
    return {};
  }
}

export function writeProcessRecord(folder: string, record: ProcessRecord): void {
  const draft = `${recordFile(folder)}.new`;
  writeFileSync(draft, JSON.stringify(record));
  renameSync(draft, recordFile(folder));
}

export function removeProcessRecord(folder: string): void {
  rmSync(recordFile(folder), { force: true });
}
