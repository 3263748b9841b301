import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { freePorts, isPortFree } from './free-ports.js';
import { internalPortCount } from './temporal-config.js';

const Ports = z.array(z.number().int()).length(internalPortCount);

/**
 * The ports by which the server's services find each other: those of the last start while they are free.
 * The server keeps its members by address in its database; with new addresses at every start it would look
 * for the old ones first, fail requests meanwhile, and take seconds longer to stop.
 */
export async function internalPorts(folder: string): Promise<readonly number[]> {
  const file = join(folder, 'ports.json');
  const last = readPorts(file);
  if (last && (await Promise.all(last.map((port) => isPortFree(port)))).every(Boolean)) return last;
  const ports = await freePorts(internalPortCount);
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

function readPorts(file: string): readonly number[] | undefined {
  try {
    return Ports.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
