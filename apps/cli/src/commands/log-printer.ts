import { jsonLine, plainText } from '../plain-text.js';
import type { Output } from '../terminal.js';

/** A piece of what a task wrote. */
export interface LogChunk {
  readonly at: string;
  readonly taskPath: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface LogPrinter {
  readonly print: (chunk: LogChunk) => void;
  /** Prints the lines that were never ended. */
  readonly flush: () => void;
}

/** Prints each piece as a JSON object on a line of its own. */
export function jsonLogPrinter(output: Output): LogPrinter {
  return { print: (chunk) => output.line(jsonLine(chunk)), flush: () => undefined };
}

/**
 * Prints whole lines with the task they are from: `test | 3 passed`, with `!` for stderr. On a terminal
 * control sequences are taken out; a file gets them as they came.
 */
export function lineLogPrinter(output: Output): LogPrinter {
  const unfinished = new Map<
    string,
    { readonly taskPath: string; readonly mark: string; readonly text: string }
  >();
  const printLine = (taskPath: string, mark: string, line: string) => {
    const shown = output.isTerminal ? plainText(line) : line;
    output.line(`${output.paint('cyan', taskPath)} ${mark} ${shown}`);
  };
  return {
    print: ({ taskPath, stream, text }) => {
      const key = `${stream} ${taskPath}`;
      const mark = stream === 'stderr' ? output.paint('red', '!') : output.paint('dim', '|');
      const lines = ((unfinished.get(key)?.text ?? '') + text).split('\n');
      const rest = lines.pop() ?? '';
      for (const line of lines) printLine(taskPath, mark, line);
      if (rest === '') unfinished.delete(key);
      else unfinished.set(key, { taskPath, mark, text: rest });
    },
    flush: () => {
      for (const { taskPath, mark, text } of unfinished.values()) printLine(taskPath, mark, text);
      unfinished.clear();
    },
  };
}
