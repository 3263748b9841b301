import { StringDecoder } from 'node:string_decoder';

/** Bytes of each stream that a result carries; more of it is an artefact. */
export const tailBytes = 64 * 1024;

/** What a stream of a process has put out. */
export interface Capture {
  readonly add: (chunk: Buffer) => string;
  /** What the last bytes left half a character of. */
  readonly rest: () => string;
  /** The last 64 KiB as text. */
  readonly tail: () => string;
  readonly whole: () => Buffer;
  readonly bytes: () => number;
}

/** Keeps a stream's bytes, and gives each chunk as text as it comes. */
export function createCapture(): Capture {
  const chunks: Buffer[] = [];
  const decoder = new StringDecoder('utf8');
  let bytes = 0;
  const whole = (): Buffer => Buffer.concat(chunks);
  return {
    add: (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      return printable(decoder.write(chunk));
    },
    rest: () => printable(decoder.end()),
    tail: () => {
      const all = whole();
      return printable(all.subarray(characterStart(all, all.length - tailBytes)).toString('utf8'));
    },
    whole,
    bytes: () => bytes,
  };
}

/** Databases refuse NUL in text; what is no UTF-8 has become U+FFFD already. */
function printable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** Moves a cut to the next start of a UTF-8 character. */
function characterStart(bytes: Buffer, from: number): number {
  let at = Math.max(0, from);
  if (at === 0) return 0;
  while (at < bytes.length && at < from + 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}
