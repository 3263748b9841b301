import type { Output } from '../terminal.js';

/** A few lines at the end of the terminal that are redrawn in place. */
export interface LiveRegion {
  readonly draw: (lines: readonly string[]) => void;
  /** Takes the lines away, so that what is written next stands in their place. */
  readonly clear: () => void;
}

/** Lines must fit the terminal's width and height: what wraps or scrolls cannot be taken back. */
export function createLiveRegion(output: Output): LiveRegion {
  let height = 0;
  const rewind = () => (height === 0 ? '' : `\u001b[${height}A\r\u001b[J`);
  return {
    draw: (lines) => {
      // One write, and the old lines go only as the new ones come: no flicker.
      output.write(`${rewind()}${lines.map((line) => `${line}\n`).join('')}`);
      height = lines.length;
    },
    clear: () => {
      output.write(rewind());
      height = 0;
    },
  };
}
