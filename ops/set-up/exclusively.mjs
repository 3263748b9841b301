import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isSameProcess, processStart } from './process-identity.mjs';

/**
 * Runs `work` while no other process does so under the same lock file. A lock whose owner has died is taken
 * over. (Node.js 20 has no OS-held file lock; a running Nexus uses one, see apps/cli/src/embedded.)
 */
export async function exclusively(lockFile, work, { onWait = () => {} } = {}) {
  mkdirSync(dirname(lockFile), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, start: processStart(process.pid) });
  let announced = false;
  while (!tryTake(lockFile, mine)) {
    const owner = readOwner(lockFile);
    if (owner && !isSameProcess(owner)) removeStale(lockFile, owner);
    else {
      if (owner && !announced) onWait(owner.pid);
      announced ||= owner !== undefined;
      await wait(100);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** Linking a finished file makes the lock and its content appear at once: no reader sees an empty lock. */
function tryTake(lockFile, content) {
  const draft = `${lockFile}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, lockFile);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readOwner(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two may find the same stale lock: whoever moved a living owner's lock by mistake puts it back. */
function removeStale(lockFile, staleOwner) {
  const aside = `${lockFile}.stale.${process.pid}`;
  try {
    renameSync(lockFile, aside);
    const moved = readOwner(aside);
    if (moved && moved.pid !== staleOwner.pid && isSameProcess(moved)) linkSync(aside, lockFile);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
