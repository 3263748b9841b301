import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtefactDraft, ToolContext } from '#contracts';

/** A context that records what a tool tells and keeps. */
export interface RecordingContext extends ToolContext {
  readonly abort: (reason?: unknown) => void;
  readonly said: { stdout: string; stderr: string };
  readonly kept: ArtefactDraft[];
}

export function recordingContext(): RecordingContext {
  const controller = new AbortController();
  const said = { stdout: '', stderr: '' };
  const kept: ArtefactDraft[] = [];
  return {
    tenant: 'default',
    runId: 'run_test',
    taskPath: 'task',
    attempt: 1,
    idempotencyKey: 'key-1',
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    said,
    kept,
    output: (stream, text) => {
      said[stream] += text;
    },
    progress: () => {},
    artefact: async (draft) => `art_${kept.push(draft)}`,
  };
}

/** Runs a test in a folder of its own, removed afterwards. */
export async function inTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'nexus-tools-')));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
