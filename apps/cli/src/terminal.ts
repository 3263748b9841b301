import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** One of the two streams that a command writes to. */
export interface Output {
  readonly write: (text: string) => void;
  readonly line: (text?: string) => void;
  /** Colours text where a person sees them; elsewhere gives it back. */
  readonly paint: (style: Style, text: string) => string;
  readonly isTerminal: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
}

/** Where a command writes: `data` for what was asked for, `talk` for everything said on the way. */
export interface Terminal {
  readonly data: Output;
  readonly talk: Output;
}

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Output to a stream; plain off a terminal, and without colours under NO_COLOR or a dumb terminal. */
export function outputTo(stream: Stream, env: Readonly<Record<string, string | undefined>>): Output {
  const dumb = env['TERM'] === 'dumb';
  const isTerminal = stream.isTTY === true && !dumb;
  const colours = isTerminal && !env['NO_COLOR'];
  return {
    write: (text) => void stream.write(text),
    line: (text = '') => void stream.write(`${text}\n`),
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    isTerminal,
    // Off a terminal nothing has to fit.
    columns: () => (isTerminal ? (stream.columns ?? 80) : 1_000),
    rows: () => stream.rows ?? 24,
  };
}
