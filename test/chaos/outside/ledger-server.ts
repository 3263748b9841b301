import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The world outside: a process of its own that Nexus has effects on, and that no fault reaches. What happens stands
 * in its file, each line on disk before it is answered. Stands alone, so that Node.js runs it as it is.
 *
 *   node ledger-server.ts FILE     says its port on standard output
 */
interface Call {
  readonly run: string;
  readonly path: string;
  readonly key: string | null;
  readonly attempt: number;
  /** The key of what it undoes, where it does. */
  readonly undoes?: string;
  readonly behaviour: {
    /** Answers after so long; the effect comes first. */
    readonly slowMs?: number;
    /** Refuses so many calls without an effect. */
    readonly failures?: number;
    /** After these has the effect of so many calls, and cuts the connection instead of an answer. */
    readonly cuts?: number;
  };
  readonly value: unknown;
}

const [file = ''] = process.argv.slice(2);
const log = openSync(file, 'a');
const calls = new Map<string, number>();
const done = new Set<string>();
let line = 0;

function write(kind: 'effect' | 'repeat' | 'refused', call: Call): void {
  line += 1;
  const { run, path, key, attempt, undoes = null } = call;
  const entry = { line, at: Date.now(), kind, run, path, key, attempt, undoes };
  writeSync(log, `${JSON.stringify(entry)}\n`);
  fsyncSync(log);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = JSON.parse(await bodyOf(request)) as Call;
  const { slowMs = 0, failures = 0, cuts = 0 } = call.behaviour;
  const place = `${call.undoes === undefined ? 'make' : 'undo'} ${call.run} ${call.path}`;
  const nth = (calls.get(place) ?? 0) + 1;
  calls.set(place, nth);
  if (nth <= failures) {
    write('refused', call);
    response.writeHead(503).end('not now');
    return;
  }
  // As a payment provider does it: a key that is known has no second effect, and the same answer.
  const known = call.key !== null && done.has(call.key);
  if (call.key !== null) done.add(call.key);
  write(known ? 'repeat' : 'effect', call);
  if (nth <= failures + cuts) {
    request.socket.destroy();
    return;
  }
  if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ value: call.value }));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`ledger: ${String(error)}\n`);
    response.destroy();
  });
});
// A process that is stopped for a while must find its connection as it was.
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume();
// Ends with whoever started it.
process.stdin.once('end', () => {
  closeSync(log);
  process.exit(0);
});
