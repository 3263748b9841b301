import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../set-up/paths.mjs';
import { runCommand } from '../set-up/run-command.mjs';
import { reportFailure, setUp } from '../set-up/set-up.mjs';
import { checks } from './checks.mjs';

/**
 * The set-up, every test and every check, from any state of the checkout. A failing part does not stop the
 * others; the last line counts them all.
 */
const started = Date.now();
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

const ready = await setUpCounted();
if (ready) {
  await runTests();
  for (const check of checks(ready)) await runCheck(check);
}
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`after ${Math.round((Date.now() - started) / 1000)} s`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function setUpCounted() {
  try {
    const result = await setUp({ temporal: true });
    count('set-up', true);
    return result;
  } catch (error) {
    reportFailure(error);
    count('set-up', false);
    return undefined;
  }
}

/** Through the front door, as anybody would; Jest's own counts are added up. */
async function runTests() {
  heading('tests');
  const folder = mkdtempSync(join(tmpdir(), 'nexus-verify-'));
  const report = join(folder, 'jest.json');
  try {
    const code = await showing('npm', ['test', '--', '--json', `--outputFile=${report}`]);
    const results = readReport(report);
    if (!results) return count('tests (no report was written)', false);
    total.passed += results.numPassedTests;
    total.failed += results.numFailedTests;
    total.skipped += results.numPendingTests + results.numTodoTests;
    for (const suite of results.testResults) noteFailures(suite);
    const explained = results.numFailedTests + results.numRuntimeErrorTestSuites > 0;
    if (code !== 0 && !explained) count(`the test run as a whole (exit ${code})`, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A suite that could not even be loaded counts as one failure: it has no tests to count. */
function noteFailures(suite) {
  const failed = suite.assertionResults.filter(({ status }) => status === 'failed');
  for (const { fullName } of failed) failures.push(`${suite.name}: ${fullName}`);
  if (suite.status === 'failed' && failed.length === 0) count(suite.name, false);
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function runCheck({ name, command: [program, args] }) {
  heading(name);
  const { code, output } = await runCommand(program, args, { cwd: repositoryRoot });
  const lines = output.trimEnd().split('\n');
  console.log(code === 0 ? lines.slice(-3).join('\n') : output.trimEnd());
  count(name, code === 0);
}

function count(name, passed) {
  total[passed ? 'passed' : 'failed'] += 1;
  if (!passed) failures.push(name);
}

function heading(name) {
  console.log(`\n== ${name}`);
}

function showing(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 128));
  });
}
