import type { ShowText } from '#routing';
import type { Store } from '#store';

/** Text is told so often at most; what comes first is told at once. */
const flushMs = 150;
const eventChars = 8 * 1024;
/** Of one try at one deployment, as events; the whole is in the task's output. */
const shownChars = 256 * 1024;
const shownEvents = 1_000;

/**
 * The text of models, while it is written, as events of the run. One write is under way at a time: where the database
 * is slow the pieces grow, not their number.
 */
export function createModelText(store: Store): ShowText {
  return ({ tenant, runId, taskPath, turn, attempt }) => {
    const place = { attempt, ...(turn === null ? {} : { turn }) };
    let pending = '';
    let charsLeft = shownChars;
    let eventsLeft = shownEvents;
    let toldAt = 0;
    let timer: NodeJS.Timeout | undefined;
    let writing: Promise<void> | undefined;

    function flush(): void {
      clearTimeout(timer);
      timer = undefined;
      if (pending === '' || writing !== undefined) return;
      const pieces = piecesOf(pending).slice(0, eventsLeft);
      pending = '';
      eventsLeft -= pieces.length;
      toldAt = Date.now();
      const events = pieces.map((text) => {
        return { type: 'model.delta', at: toldAt, taskPath, data: { ...place, text } } as const;
      });
      // Text is told as well as can be: that it could not be written fails no call.
      writing = store
        .record({ tenant, runId, events, tasks: [] })
        .catch(() => undefined)
        .then(() => {
          writing = undefined;
          if (pending !== '') plan();
        });
    }

    function plan(): void {
      const due = toldAt + flushMs - Date.now();
      if (due <= 0) flush();
      else timer ??= setTimeout(flush, due);
    }

    return {
      text(delta) {
        if (charsLeft <= 0 || eventsLeft <= 0 || delta === '') return;
        const shown = delta.slice(0, charsLeft);
        charsLeft -= shown.length;
        pending += shown;
        plan();
      },
      async end() {
        do {
          await writing;
          flush();
        } while (writing !== undefined);
      },
    };
  };
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; from += eventChars) pieces.push(text.slice(from, from + eventChars));
  return pieces;
}
