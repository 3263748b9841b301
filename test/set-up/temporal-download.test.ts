import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { downloadCli } from '#ops/temporal/download';

let folder: string;
let service: Server;
let asked: string[];

/** Speaks as the download service does, and serves an archive with this program in it. */
async function serve(program: string): Promise<string> {
  writeFileSync(join(folder, 'temporal'), program);
  chmodSync(join(folder, 'temporal'), 0o755);
  spawnSync('tar', ['-czf', join(folder, 'archive.tgz'), '-C', folder, 'temporal']);
  service.on('request', (request, response) => {
    asked.push(request.url ?? '');
    const archiveUrl = `http://${request.headers.host}/archive`;
    const answer = JSON.stringify({ archiveUrl, fileToExtract: 'temporal' });
    response.end(request.url === '/archive' ? readFileSync(join(folder, 'archive.tgz')) : answer);
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nexus-download-'));
  service = createServer();
  asked = [];
});

afterEach(() => {
  service.close();
  service.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

describe('downloading the Temporal CLI', () => {
  it('asks for this platform and leaves a program that runs', async () => {
    const target = join(folder, 'cache', 'cli');
    await downloadCli(target, await serve('#!/bin/sh\necho temporal version 9\n'));
    expect(asked[0]).toMatch(new RegExp(`^/cli/default\\?platform=${process.platform}&arch=(amd64|arm64)&`));
    expect(spawnSync(target, { encoding: 'utf8' }).stdout).toBe('temporal version 9\n');
    expect(readdirSync(join(folder, 'cache'))).toEqual(['cli']);
  });

  it('leaves nothing when the program does not run here', async () => {
    const target = join(folder, 'cache', 'cli');
    const address = await serve('#!/bin/sh\necho wrong machine >&2; exit 1\n');
    await expect(downloadCli(target, address)).rejects.toThrow('does not run here: wrong machine');
    expect(existsSync(target)).toBe(false);
  });
});
