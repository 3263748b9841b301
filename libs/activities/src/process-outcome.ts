import type { Attempt } from '#contracts';

const keptChars = 64 * 1024;

/** Exit code and output, where what a tool gave or threw tells of a process. */
export function processOf(result: unknown): Partial<Attempt> {
  const process = (result as { process?: unknown } | null)?.process ?? result;
  if (typeof process !== 'object' || process === null || !('exitCode' in process)) return {};
  const { exitCode, stdout, stderr } = process as Record<string, unknown>;
  return {
    ...(typeof exitCode === 'number' ? { exitCode } : {}),
    ...(typeof stdout === 'string' ? { stdout: stdout.slice(-keptChars) } : {}),
    ...(typeof stderr === 'string' ? { stderr: stderr.slice(-keptChars) } : {}),
  };
}
