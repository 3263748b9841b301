import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NexusConfig } from '#config';
import { homeOwner } from '../home-lock.js';
import { portFaults, portOwner, type PortWish } from '../port-check.js';
import type { DoctorRow } from './row.js';

/** The folder of embedded data: writable, and free or held by a Nexus that runs. */
export function homeRow(home: string): { readonly row: DoctorRow; readonly owner: number | undefined } {
  const what = 'NEXUS_HOME';
  const place = existingPart(home);
  if (!isWritable(place)) {
    const row = {
      what,
      found: `${place} cannot be written`,
      ok: false,
      hint: 'Set NEXUS_HOME to a folder you may write.',
    };
    return { row, owner: undefined };
  }
  const owner = existsSync(join(home, 'lock.sqlite')) ? homeOwner(home) : undefined;
  if (owner === undefined) return { row: { what, found: `${home} is free`, ok: true }, owner };
  return { row: { what, found: `${home}, used by the Nexus that runs (process ${owner})`, ok: true }, owner };
}

/** Each port: free, or taken by the Nexus that runs, or by a stranger. */
export async function portRows(
  { api, temporal }: NexusConfig,
  owner: number | undefined,
): Promise<readonly DoctorRow[]> {
  const wishes: PortWish[] = [{ port: api.port, host: api.host, variable: 'NEXUS_PORT', purpose: 'the API' }];
  if (temporal.kind === 'embedded') {
    wishes.push(
      { port: temporal.port, variable: 'NEXUS_TEMPORAL_PORT', purpose: 'the Temporal server' },
      { port: temporal.uiPort, variable: 'NEXUS_TEMPORAL_UI_PORT', purpose: 'the Temporal UI' },
    );
  }
  // While Nexus runs, its own API holds the first port, and the others are held by what it started.
  const running = owner !== undefined && portOwner(api.port) === owner;
  return Promise.all(wishes.map((wish) => portRow(wish, running)));
}

async function portRow(wish: PortWish, running: boolean): Promise<DoctorRow> {
  const what = `Port of ${wish.purpose}`;
  const [fault] = wish.port === 0 ? [] : await portFaults([wish]);
  if (fault === undefined) return { what, found: wish.port === 0 ? 'any' : `${wish.port} is free`, ok: true };
  if (running) return { what, found: `${wish.port}, used by the Nexus that runs`, ok: true };
  return { what, found: fault, ok: false, hint: `Stop it, or set ${wish.variable}.` };
}

/** The folders that tools may work in. */
export function workspaceRows(workspaces: readonly string[]): readonly DoctorRow[] {
  return workspaces.map((folder) => {
    const repository = existsSync(join(folder, '.git')) ? ', a git repository' : '';
    if (isWritable(folder)) return { what: 'Workspace', found: `${folder}${repository}`, ok: true };
    const hint = 'Tools can read there but change nothing.';
    return { what: 'Workspace', found: `${folder}${repository}, not writable`, ok: true, hint };
  });
}

function existingPart(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingPart(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
