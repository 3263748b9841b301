import type { JsonObject, NewRunEvent } from '#contracts';
import type { Store } from '#store';

const flushMs = 250;
const eventChars = 8 * 1024;
/** Of one attempt, as events; the tool itself keeps the whole. */
const attemptChars = 256 * 1024;

export interface OutputStream {
  readonly output: (stream: 'stdout' | 'stderr', text: string) => void;
  readonly progress: (done: number, total: number) => void;
  /** Writes what is left. */
  readonly end: () => Promise<void>;
}

/** What a step says while it runs, as events a few times a second. */
export function createOutputStream(
  store: Store,
  at: { readonly tenant: string; readonly runId: string; readonly path: string },
): OutputStream {
  const { tenant, runId, path } = at;
  let events: NewRunEvent[] = [];
  let left = attemptChars;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const batch = merged(events);
    events = [];
    // Output is told as well as can be: that it could not be written fails no task.
    if (batch.length > 0)
      writing = writing
        .then(() => store.record({ tenant, runId, events: batch, tasks: [] }))
        .catch(() => undefined);
  }

  function add(type: 'task.output' | 'task.progress', data: JsonObject): void {
    events.push({ type, at: Date.now(), taskPath: path, data });
    timer ??= setTimeout(flush, flushMs);
  }

  return {
    output(stream, text) {
      if (left <= 0 || text === '') return;
      const shown = text.slice(0, left);
      left -= shown.length;
      for (let from = 0; from < shown.length; from += eventChars) {
        add('task.output', { stream, text: shown.slice(from, from + eventChars) });
      }
    },
    progress: (done, total) => add('task.progress', { done, total }),
    async end() {
      flush();
      await writing;
    },
  };
}

/** Neighbours of the same stream become one event. */
function merged(events: readonly NewRunEvent[]): NewRunEvent[] {
  const result: NewRunEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    const joined = textOf(last) + textOf(event);
    const same =
      last?.type === 'task.output' &&
      event.type === 'task.output' &&
      last.data?.stream === event.data?.stream;
    if (same && joined.length <= eventChars)
      result[result.length - 1] = { ...last, data: { ...last.data, text: joined } };
    else result.push(event);
  }
  return result;
}

function textOf(event: NewRunEvent | undefined): string {
  const text = event?.data?.text;
  return typeof text === 'string' ? text : '';
}
