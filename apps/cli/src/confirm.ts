import { createInterface } from 'node:readline/promises';

/** Asks on a terminal; anything but a yes is a no. */
export function confirmOn(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<boolean> {
  return async (question) => {
    const lines = createInterface({ input, output });
    try {
      const answer = await lines.question(`${question} [y/N] `);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  };
}
