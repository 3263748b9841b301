import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nexusError } from '#contracts';

export interface HomeLock {
  release(): void;
}

/** Long enough for someone who only looks whether the home is free. */
const aMomentMs = 250;

const ownerFile = (home: string): string => join(home, 'owner.json');

/**
 * Takes the home for this process or refuses. The embedded database loses rows when two processes open it,
 * so the lock is one the operating system holds and drops with the process, however that ends: an
 * exclusive transaction on a SQLite file. The owner is written beside it, only to be named.
 */
export function acquireHome(home: string): HomeLock {
  try {
    mkdirSync(home, { recursive: true });
  } catch (error) {
    throw nexusError('FAILED_PRECONDITION', `NEXUS_HOME ${home} cannot be created`, {
      hint: 'Set NEXUS_HOME to a folder that this user may write.',
      cause: error,
    });
  }
  const database = lockDatabase(home);
  writeFileSync(ownerFile(home), JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  return {
    release() {
      if (!database.isOpen) return;
      rmSync(ownerFile(home), { force: true });
      database.close();
    },
  };
}

/** The process that holds the home, undefined when it is free. */
export function homeOwner(home: string): number | undefined {
  try {
    beginExclusive(home).close();
    return undefined;
  } catch (error) {
    if (isBusy(error)) return readOwner(home) ?? 0;
    throw error;
  }
}

function lockDatabase(home: string): DatabaseSync {
  try {
    return beginExclusive(home);
  } catch (error) {
    if (!isBusy(error)) {
      throw nexusError('FAILED_PRECONDITION', `NEXUS_HOME ${home} cannot be used`, {
        hint: 'Its files must be writable for this user; NEXUS_HOME names another folder.',
        cause: error,
      });
    }
    const pid = readOwner(home);
    throw nexusError(
      'CONFLICT',
      `NEXUS_HOME ${home} is in use by ${pid ? `process ${pid}` : 'another Nexus process'}`,
      { hint: 'Use that one, stop it, or set NEXUS_HOME to another folder (and other ports).' },
    );
  }
}

function beginExclusive(home: string): DatabaseSync {
  const database = new DatabaseSync(join(home, 'lock.sqlite'), { timeout: aMomentMs });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  const busy = 5;
  return (error as { errcode?: number }).errcode === busy;
}

function readOwner(home: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(ownerFile(home), 'utf8')) as { pid?: number }).pid;
  } catch {
    return undefined;
  }
}
