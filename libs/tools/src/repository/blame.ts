import { isNexusError } from '#contracts';
import type { GitCall } from '../git/run-git.js';
import { runGit } from '../git/run-git.js';
import { counted } from './part.js';
import type { Todo } from './todos.js';

const dayMs = 86_400_000;
/** Blame reads a file's whole history: worth it for a few files, and for a few seconds. */
const limits = { files: 40, fileMs: 3000, totalMs: 10_000 } as const;

/** Adds who wrote each note and when, where that is cheap to find out; says for which it was not. */
export async function datedTodos(
  call: GitCall,
  todos: readonly Todo[],
  now: number,
): Promise<{ todos: Todo[]; notes: string[] }> {
  const byFile = Map.groupBy(todos, (todo) => todo.path);
  const end = Date.now() + limits.totalMs;
  const dated: Todo[] = [];
  let undated = 0;
  for (const [index, [path, items]] of [...byFile].entries()) {
    const lines = index < limits.files && Date.now() < end ? await blamedLines(call, path, items) : undefined;
    for (const item of items) {
      const line = lines?.get(item.line);
      if (!line) undated++;
      dated.push(
        line
          ? { ...item, ...line, ageDays: Math.max(0, Math.floor((now - Date.parse(line.date)) / dayMs)) }
          : item,
      );
    }
  }
  return {
    todos: dated,
    notes: undated === 0 ? [] : [`The age of ${counted(undated, 'note')} was not looked up.`],
  };
}

type BlamedLine = { author: string; date: string };

async function blamedLines(
  call: GitCall,
  path: string,
  items: readonly Todo[],
): Promise<Map<number, BlamedLine>> {
  const ranges = items.slice(0, 50).flatMap(({ line }) => ['-L', `${line},${line}`]);
  try {
    const { text } = await runGit({ ...call, timeoutMs: limits.fileMs }, [
      'blame',
      '--line-porcelain',
      ...ranges,
      '--',
      path,
    ]);
    return parseBlame(text);
  } catch (error) {
    if (isNexusError(error) && error.code === 'TOOL_FAILED') return new Map(); // changed or new since HEAD
    throw error;
  }
}

/** Reads `git blame --line-porcelain`: author and time of each line, by its number. */
export function parseBlame(text: string): Map<number, BlamedLine> {
  const lines = new Map<number, BlamedLine>();
  let number = 0;
  let author = '';
  for (const line of text.split('\n')) {
    const start = /^[0-9a-f]{40,64} \d+ (\d+)/.exec(line);
    if (start) number = Number(start[1]);
    else if (line.startsWith('author ')) author = line.slice('author '.length);
    else if (line.startsWith('author-time ') && author !== 'Not Committed Yet') {
      lines.set(number, {
        author,
        date: new Date(Number(line.slice('author-time '.length)) * 1000).toISOString(),
      });
    }
  }
  return lines;
}
