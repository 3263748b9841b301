import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Tool } from '#contracts';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { textOf } from './text.js';

const Input = z.strictObject({
  path: z.string().min(1).describe('File; relative to the first workspace, or absolute'),
  encoding: z.enum(['utf8', 'base64']).default('utf8').describe('base64 for what is not text'),
  maxBytes: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024)
    .default(4 * 1024 * 1024)
    .describe('A larger file is refused'),
});

/** Reads a file of a workspace. */
export function fileReadTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'file.read',
    description: 'Reads a file: { path, content, bytes, sha256 }.',
    input: Input,
    effect: 'none',
    expectedMs: 20,
    run: async ({ path, encoding, maxBytes }) => {
      const real = await workspace.resolve(path);
      const bytes = await readRegularFile(real, path, maxBytes);
      return {
        path: real,
        content: encoding === 'base64' ? bytes.toString('base64') : requireText(bytes, path),
        bytes: bytes.length,
        sha256: sha256(bytes),
      };
    },
  });
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads a regular file only: opening a pipe would wait for ever, a device may never end. */
async function readRegularFile(real: string, asked: string, maxBytes: number): Promise<Buffer> {
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw nexusError('TOOL_FAILED', `${asked}: ${(error as Error).message}`, { cause: error });
    },
  );
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw nexusError('TOOL_FAILED', `${asked}: is not a regular file`);
    if (facts.size > maxBytes) throw tooLarge(asked, facts.size, maxBytes);
    const bytes = await file.readFile();
    if (bytes.length > maxBytes) throw tooLarge(asked, bytes.length, maxBytes); // it grew meanwhile
    return bytes;
  } finally {
    await file.close();
  }
}

function tooLarge(path: string, bytes: number, maxBytes: number): Error {
  return nexusError('OUTPUT_TOO_LARGE', `${path}: ${bytes} bytes; at most ${maxBytes} are read`, {
    hint: 'Raise maxBytes, up to 16 MiB, or read a part of it with shell.run.',
  });
}

function requireText(bytes: Buffer, path: string): string {
  const text = textOf(bytes);
  if (text !== undefined) return text;
  throw nexusError('TOOL_FAILED', `${path}: is not UTF-8 text`, { hint: 'Read it with encoding: base64.' });
}
