import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { createPcg } from './pcg.js';

export interface TraceRequest {
  /** Milliseconds since the trace's beginning. */
  readonly at: number;
  readonly input: number;
  readonly output: number;
  /** Names of blocks of the input, in order: equal names, equal beginning. Empty: not known. */
  readonly blocks: readonly number[];
}

export interface Trace {
  readonly name: string;
  readonly requests: readonly TraceRequest[];
}

export const tokensPerBlock = 512;

/** All traces of a folder: `.csv` with a header, or `.jsonl`, either as it is or gzipped. */
export function readTraces(folder: string): readonly Trace[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => /\.(csv|jsonl)(\.gz)?$/.test(name));
  } catch {
    return [];
  }
  return names.toSorted().map((name) => readTrace(join(folder, name)));
}

function readTrace(file: string): Trace {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const rows = file.includes('.jsonl') ? lines.map(fromJson) : fromCsv(lines);
  const begin = Math.min(...rows.slice(0, 1).map((row) => row.at));
  const requests = rows
    .map((row) => ({ ...row, at: row.at - begin }))
    .filter((row) => row.input > 0)
    .toSorted((a, b) => a.at - b.at);
  return { name: basename(file).replace(/\.(csv|jsonl)(\.gz)?$/, ''), requests };
}

const JsonRow = z.object({
  timestamp: z.number(),
  input_length: z.number(),
  output_length: z.number(),
  hash_ids: z.array(z.number()).default([]),
});

function fromJson(line: string): TraceRequest {
  const row = JsonRow.parse(JSON.parse(line));
  return {
    at: row.timestamp,
    input: row.input_length,
    output: Math.max(1, row.output_length),
    blocks: row.hash_ids,
  };
}

/** Columns by what their names hold: time, input (context, prompt) and output (generated, completion) tokens. */
function fromCsv([head = '', ...lines]: readonly string[]): readonly TraceRequest[] {
  const columns = head.split(',').map((name) => name.trim().toLowerCase());
  const column = (pattern: RegExp): number => {
    const index = columns.findIndex((name) => pattern.test(name));
    if (index < 0) throw new Error(`a trace has no column like ${pattern.source}: ${head}`);
    return index;
  };
  const [time, input, output] = [
    column(/time|arriv/),
    column(/context|input|prompt/),
    column(/generated|output|completion/),
  ];
  return lines.map((line) => {
    const cells = line.split(',');
    return {
      at: momentOf(cells[time] ?? ''),
      input: Number(cells[input]),
      output: Math.max(1, Number(cells[output])),
      blocks: [],
    };
  });
}

/** A date, or seconds as a number. */
function momentOf(text: string): number {
  const seconds = Number(text);
  return Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(`${text.trim().replace(' ', 'T').slice(0, 23)}Z`);
}

/** For a machine without the traces: made up, and named so. */
export function madeUpTrace(seed: number): Trace {
  const random = createPcg(seed);
  const requests: TraceRequest[] = [];
  for (let at = 0; at < 25 * 60_000; at += -Math.log(1 - random.next()) * 250) {
    const input = Math.ceil(Math.exp(6.8 + random.normal()));
    requests.push({ at, input, output: Math.ceil(Math.exp(4.8 + 0.9 * random.normal())), blocks: [] });
  }
  return { name: 'made-up', requests };
}
