import { createWriteStream, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { lastLines, runCommand } from '../set-up/run-command.mjs';

const answerWithinMs = 10_000;
const downloadWithinMs = 10 * 60_000;

/**
 * Fetches the Temporal CLI, which has a server inside, from where the Temporal SDKs get it for tests: the
 * service tells which archive suits this machine and which file in it is the program.
 */
export async function downloadCli(target, service = 'https://temporal.download') {
  const { archiveUrl, fileToExtract } = await ask(service);
  mkdirSync(dirname(target), { recursive: true });
  const scratch = mkdtempSync(`${target}.`);
  try {
    const archive = join(scratch, 'archive.tar.gz');
    const response = await fetch(archiveUrl, { signal: AbortSignal.timeout(downloadWithinMs) });
    if (!response.ok) throw new Error(`${archiveUrl} answers ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(archive));
    const { code, output } = await runCommand('tar', ['-xzf', archive, '-C', scratch, fileToExtract]);
    if (code !== 0) throw new Error(`the archive cannot be unpacked: ${lastLines(output, 3)}`);
    const check = await runCommand(join(scratch, fileToExtract), ['--version']);
    if (check.code !== 0) throw new Error(`the program does not run here: ${lastLines(check.output, 3)}`);
    renameSync(join(scratch, fileToExtract), target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function ask(service) {
  const url = new URL('/cli/default', service);
  url.searchParams.set('platform', process.platform);
  url.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  url.searchParams.set('format', 'tar.gz');
  const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
  if (!response.ok) throw new Error(`${service} answers ${response.status}`);
  return response.json();
}
