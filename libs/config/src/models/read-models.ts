import { basename, dirname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Environment } from '../environment.js';
import type { ConfigFault } from '../fault.js';
import { faultsOf, modelsFileOf } from './models-file.js';
import type { ModelsFile, PlaceFault } from './models-file.js';
import { ModelsDocument } from './models-schema.js';

const hint = 'docs/models.md describes the file; keys are named by their variables, never given in it.';

/**
 * Reads the file of `NEXUS_MODELS`, YAML or JSON. Every fault is told with its place and its line, and none with a
 * value: it might be a key.
 */
export function readModels(
  path: string,
  readText: (path: string) => string,
  {
    env,
    configured,
    faults,
  }: {
    readonly env: Environment;
    /** Providers for which the environment has a key or an address. */
    readonly configured: readonly string[];
    readonly faults: ConfigFault[];
  },
): ModelsFile | undefined {
  const lines = new LineCounter();
  const text = textOf(path, readText);
  if (text === null) {
    faults.push({
      variable: 'NEXUS_MODELS',
      problem: `${path} cannot be read`,
      hint: 'Let this user read it.',
    });
    return undefined;
  }
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: false, lineCounter: lines });
  const say = (line: number | null, problem: string): void => {
    const place = line === null ? basename(path) : `${basename(path)}:${line}`;
    faults.push({ variable: 'NEXUS_MODELS', problem: `${place}: ${problem}`, hint });
  };
  if (document.errors.length > 0) {
    for (const { pos, message } of document.errors) say(lines.linePos(pos[0]).line, message);
    return undefined;
  }
  const tell = ({ path: place, problem }: PlaceFault): void =>
    say(lineOf(document, place, lines), `${written(place)} ${problem}`);
  // Aliases are cheap to write and dear to expand.
  const read = ModelsDocument.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!read.success) {
    for (const { path: place, message } of read.error.issues) tell({ path: place, problem: message });
    return undefined;
  }
  const found = faultsOf(read.data, env, configured);
  found.forEach(tell);
  return found.length > 0 ? undefined : modelsFileOf(read.data, env, dirname(path));
}

function textOf(path: string, readText: (path: string) => string): string | null {
  try {
    return readText(path);
  } catch {
    return null;
  }
}

/** The line of a place, or of what is around it where the place itself is missing. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
    if (range?.[0] !== undefined) return lines.linePos(range[0]).line;
  }
  return null;
}

/** `providers.kimi.accounts[0].apiKey`. */
function written(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return parts.join('').replace(/^\./, '') || 'the file';
}
