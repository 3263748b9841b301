import { nexusError } from '#contracts';
import type { NexusError } from '#contracts';

/** The error for a file that cannot be read: its name once, then why in words. */
export function cannotRead(file: string, cause: unknown): NexusError {
  const { message } = cause as Error;
  // Such as "ENOENT: no such file or directory, open '/x'".
  const reason = /^E[A-Z]+: ([^,]+), /.exec(message)?.[1] ?? message;
  return nexusError('BAD_USER_INPUT', `cannot read ${file}: ${reason}`, { cause });
}
