import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nexusError } from '#contracts';
import { markdownLines } from '../markdown-lines.js';
import type { RunDetails } from '../run-view/run-details.js';
import type { Output } from '../terminal.js';

export interface DemoReport {
  readonly lines: (output: Output) => string[];
  /** Where a copy was written. */
  readonly file: string | null;
}

/** The Markdown that the run left behind, with a copy in the home, so that it outlives the server. */
export async function demoReport(run: RunDetails, home: string | null): Promise<DemoReport | null> {
  const artefact = run.artefacts.findLast(({ mediaType }) => mediaType.startsWith('text/markdown'));
  if (!artefact) return null;
  const markdown = await download(artefact.url);
  const file = home === null ? null : await keepCopy(join(home, 'reports'), `${run.id}.md`, markdown);
  return { lines: (output) => markdownLines(markdown, output), file };
}

/** What the agent wrote of the report, where there was one to write. */
export function assessmentLines(result: unknown, output: Output): string[] {
  const assessment = (result as { assessment?: unknown } | null)?.assessment;
  return typeof assessment === 'string'
    ? ['', ...markdownLines(`# Assessment\n\n${assessment}`, output)]
    : [];
}

async function download(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.ok) return response.text();
  throw nexusError('UNAVAILABLE', `the report at ${url} cannot be read: HTTP ${response.status}`);
}

async function keepCopy(folder: string, name: string, content: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), content);
  return join(folder, name);
}
