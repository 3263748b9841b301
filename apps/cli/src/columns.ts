/** Rows aligned in columns, two spaces apart; a column with nothing in it takes no room. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, width(cell))));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - width(cell)))
      .filter((_cell, index) => (widths[index] ?? 0) > 0)
      .join('  ')
      .trimEnd(),
  );
}

/** Text cut to a width, with an ellipsis where something is missing. */
export function fit(text: string, size: number): string {
  const characters = Array.from(text);
  if (characters.length <= size) return text;
  return size <= 1 ? '…'.slice(0, size) : `${characters.slice(0, size - 1).join('')}…`;
}

/** Of plain text: colours are put on after aligning. A wide character counts as one, which only skews its column. */
function width(text: string): number {
  return Array.from(text).length;
}
