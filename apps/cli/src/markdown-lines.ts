import { plainText } from './plain-text.js';
import type { Output } from './terminal.js';

/** Markdown for a terminal: headings and emphasis by weight where there are colours, else as they were written. */
export function markdownLines(markdown: string, output: Output): string[] {
  const lines = plainText(markdown).trimEnd().split('\n');
  if (!output.isTerminal) return lines;
  let inCode = false;
  return lines.map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      inCode = !inCode;
      return output.paint('dim', line);
    }
    return inCode ? output.paint('dim', line) : textLine(line, output);
  });
}

function textLine(line: string, { paint }: Output): string {
  const heading = /^#{1,6}\s+(.*)$/.exec(line);
  if (heading) return paint('bold', heading[1] ?? '');
  if (line.startsWith('>')) return paint('dim', line);
  return line
    .replace(/\*\*([^*]+)\*\*/g, (_all, text: string) => paint('bold', text))
    .replace(/`([^`]+)`/g, (_all, text: string) => paint('cyan', text));
}
