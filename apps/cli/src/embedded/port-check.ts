import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isPortFree } from './free-ports.js';

/** A port somebody wants to listen on, and the variable by which the user may choose another. */
export interface PortWish {
  readonly port: number;
  readonly host?: string | undefined;
  readonly variable: string;
  readonly purpose: string;
}

/** One sentence for each port that is taken: which, by whom if that can be found, and what to do. */
export async function portFaults(wishes: readonly PortWish[]): Promise<readonly string[]> {
  const checked = await Promise.all(
    wishes.map(async (wish) => ((await isPortFree(wish.port, wish.host)) ? undefined : describe(wish))),
  );
  return checked.filter((fault) => fault !== undefined);
}

function describe({ port, variable, purpose }: PortWish): string {
  const pid = portOwner(port);
  const owner = pid === undefined ? 'another process' : `process ${pid}${nameOf(pid)}`;
  return `port ${port} for ${purpose} is in use by ${owner}: stop it, or choose another port with ${variable}`;
}

/** The process that listens on a port, where the system lets us see it. */
export function portOwner(port: number): number | undefined {
  return process.platform === 'linux' ? ownerFromProc(port) : ownerFromLsof(port);
}

function ownerFromProc(port: number): number | undefined {
  const inodes = new Set([...listeners('/proc/net/tcp', port), ...listeners('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openSockets(pid).some((inode) => inodes.has(inode)));
}

function listeners(table: string, port: number): string[] {
  const listening = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return lines(table)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === listening)
    .map((fields) => fields[9] ?? '');
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

/** Empty for processes of other users: those are not ours to look into. */
function openSockets(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? '';
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

function nameOf(pid: number): string {
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return program === '' ? '' : ` (${basename(program)})`;
  } catch {
    return '';
  }
}

function ownerFromLsof(port: number): number | undefined {
  try {
    const args = ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'];
    const output = execFileSync('lsof', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(output.split('\n')[0]) || undefined;
  } catch {
    return undefined;
  }
}
