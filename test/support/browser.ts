import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'puppeteer-core';

/**
 * A real Chromium, without a window. It comes in a package of npm's, with the libraries that a bare machine lacks,
 * and is unpacked once a machine.
 */
export async function openBrowser(): Promise<Browser> {
  const [{ default: chromium, inflate }, { launch }] = await Promise.all([
    import('@sparticuz/chromium'),
    import('puppeteer-core'),
  ]);
  const packed = join(
    dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')),
    '../bin/al2023.tar.br',
  );
  const [executablePath] = await Promise.all([chromium.executablePath(), inflate(packed)]);
  const env = { ...process.env, LD_LIBRARY_PATH: join(tmpdir(), 'al2023/lib') };
  const args = ['--no-sandbox', '--no-zygote', '--single-process', '--disable-gpu'];
  return await launch({
    executablePath,
    env,
    args,
    headless: 'shell',
    defaultViewport: { width: 1400, height: 900 },
  });
}
