import { z } from 'zod';
import { Notes } from './part.js';

/** Notes that people left in the code: work put off. */
export const Todos = z.object({
  total: z.number(),
  counts: z.record(z.string(), z.number()),
  items: z.array(
    z.object({
      path: z.string(),
      line: z.number(),
      tag: z.string(),
      text: z.string(),
      author: z.string().nullable(),
      date: z.string().nullable(),
      ageDays: z.number().nullable(),
    }),
  ),
  /** By file, the most first. */
  files: z.array(z.object({ path: z.string(), count: z.number() })),
  notes: Notes,
});
export type Todos = z.infer<typeof Todos>;
export type Todo = Todos['items'][number];

/** A tag in capitals after a comment sign: `// TODO(ada): …`, `# FIXME …`. */
const tagged =
  /(?:\/\/|#|\/\*|^\s*\*|<!--|--\s|;;|%%|"""|''').*?\b(TODO|FIXME|HACK|XXX)\b(?:\([^)]*\))?[:\s-]*(.*)$/;

/** Finds the notes in a file, line by line. */
export function todosIn(path: string, text: string): Todo[] {
  if (!/\b(?:TODO|FIXME|HACK|XXX)\b/.test(text)) return [];
  return text.split('\n').flatMap((line, index) => {
    // A long line is data; matching it could also take long.
    const match = line.length > 500 ? null : tagged.exec(line);
    if (!match) return [];
    const [, tag = '', rest = ''] = match;
    const said = rest.replace(/\s*(\*\/|-->)\s*$/, '').trim();
    return [
      { path, line: index + 1, tag, text: said.slice(0, 200), author: null, date: null, ageDays: null },
    ];
  });
}

export function summaryOfTodos(items: readonly Todo[], limit: number): Omit<Todos, 'notes'> {
  const counts: Record<string, number> = {};
  const files = new Map<string, number>();
  for (const { tag, path } of items) {
    counts[tag] = (counts[tag] ?? 0) + 1;
    files.set(path, (files.get(path) ?? 0) + 1);
  }
  return {
    total: items.length,
    counts,
    items: [...items]
      .sort((a, b) => urgency(b) - urgency(a) || (b.ageDays ?? 0) - (a.ageDays ?? 0))
      .slice(0, limit),
    files: [...files]
      .map(([path, count]) => ({ path, count }))
      .sort((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1))
      .slice(0, limit),
  };
}

function urgency({ tag }: Todo): number {
  return ['TODO', 'XXX', 'HACK', 'FIXME'].indexOf(tag);
}
