import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { repositoryRoot } from '../set-up/paths.mjs';

/**
 * Starts the built product with `npm start` as a person would, asks it something, stops it, and looks for
 * what it left behind. An ESM fault can pass every test and still fail here.
 */
const readyWithinMs = 180_000;
const stopWithinMs = 60_000;

const home = mkdtempSync(join(tmpdir(), 'nexus-smoke-'));
const [port, temporalPort, uiPort] = await freePorts(3);
const product = spawn('npm', ['start'], {
  cwd: repositoryRoot,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env,
    NEXUS_HOME: home,
    NEXUS_PORT: String(port),
    NEXUS_TEMPORAL_PORT: String(temporalPort),
    NEXUS_TEMPORAL_UI_PORT: String(uiPort),
  },
});
const ended = new Promise((resolve) => product.once('exit', (code, signal) => resolve(code ?? signal)));
try {
  await untilReady();
  await ask();
  product.kill('SIGTERM');
  const outcome = await Promise.race([ended, wait(stopWithinMs, 'still running', { ref: false })]);
  expect(outcome === 0, `stopping ends with exit code 0, not ${outcome}`);
  const left = processesOf(home);
  expect(left.length === 0, `no process is left behind, but these are: ${left.join('; ')}`);
  console.log('started, answered, stopped, left nothing behind');
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  if (product.exitCode === null) product.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}

async function untilReady() {
  const until = Date.now() + readyWithinMs;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    expect(product.exitCode === null, `it ended by itself with exit code ${product.exitCode}`);
    expect(Date.now() < until, `not ready after ${readyWithinMs / 1000} s`);
    await wait(200);
  }
}

async function ask() {
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ runs(first: 1) { edges { node { id } } } }' }),
  });
  const body = await answer.json();
  expect(Array.isArray(body.data?.runs?.edges), `GraphQL answers, but with ${JSON.stringify(body)}`);
}

/** Command lines that name the home: the server, its interface, whatever was started for it. */
function processesOf(folder) {
  if (process.platform !== 'linux') return [];
  const commandLine = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `${pid} ${commandLine(pid)}`)
    .filter((line) => line.includes(folder));
}

async function freePorts(count) {
  const listen = () =>
    new Promise((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}
