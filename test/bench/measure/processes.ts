import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux' clock in /proc; there is no portable way to ask. */
const msPerTick = 10;

interface ProcessLine {
  readonly parent: number;
  readonly cpuMs: number;
  readonly reapedMs: number;
}

/** CPU milliseconds that a process and all its children, ended ones too, have used; null where there is no /proc. */
export function cpuOf(pid: number): number | null {
  const lines = processes();
  return lines?.has(pid) ? cpuBelow(lines, pid) : null;
}

function cpuBelow(lines: ReadonlyMap<number, ProcessLine>, pid: number): number {
  const { cpuMs = 0, reapedMs = 0 } = lines.get(pid) ?? {};
  let sum = cpuMs + reapedMs;
  for (const [child, { parent }] of lines) if (parent === pid) sum += cpuBelow(lines, child);
  return sum;
}

/** Resident memory in MB; null where there is no /proc. */
export function memoryOf(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024);
  } catch {
    return null;
  }
}

/** CPU milliseconds that everything on this machine has used; with the others' it says how noisy a run was. */
export function machineCpu(): number | null {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softirq) * msPerTick;
  } catch {
    return null;
  }
}

function processes(): Map<number, ProcessLine> | null {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return new Map(pids.flatMap((pid) => lineOf(Number(pid))));
  } catch {
    return null;
  }
}

function lineOf(pid: number): [number, ProcessLine][] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const at = (field: number): number => fields[field] ?? 0;
    const cpuMs = (at(11) + at(12)) * msPerTick;
    return [[pid, { parent: at(1), cpuMs, reapedMs: (at(13) + at(14)) * msPerTick }]];
  } catch {
    // It ended while we looked.
    return [];
  }
}
