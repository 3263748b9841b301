/** Text of a repository inside Markdown: it may not become markup, a link, or a picture. */
export function plain(text: string): string {
  return (
    text
      .replace(/[\r\n\t]+/g, ' ')
      // Control characters, and those that turn the direction of reading.
      .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '')
      .replace(/[\\`*_[\]<>|~#]/g, String.raw`\$&`)
      .replace(/!(?=\\\[)/g, String.raw`\!`)
      .replace(/\b(https?|ftp):\/\//gi, '$1:\u200b//')
      .replace(/@(?=\w)/g, '@\u200b')
  );
}

/** A path or command as code. */
export function code(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ').replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

/** A table, or nothing when it has no rows. Cells are Markdown already; numbers align right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  if (rows.length === 0) return [];
  const numeric = head.map((_, column) =>
    rows.every(
      (row) =>
        typeof row[column] === 'number' || /^[\d.,]+( ?(%|MiB|KiB|B|ms|s))?$/.test(String(row[column])),
    ),
  );
  return [
    `| ${head.join(' | ')} |`,
    `| ${numeric.map((right) => (right ? '---:' : '---')).join(' | ')} |`,
    ...rows.map(
      (row) =>
        `| ${row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)).join(' | ')} |`,
    ),
    '',
  ];
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** A row of bars, one for each number. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values
    .map((value) => (value === 0 ? '·' : ('▁▂▃▄▅▆▇█'[Math.ceil((8 * value) / most) - 1] ?? '█')))
    .join('');
}
