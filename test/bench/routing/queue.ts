/** What is to happen in virtual time, in the order of time; what falls together, in the order it was added. */
export interface EventQueue {
  add(at: number, happen: (now: number) => void): void;
  run(): void;
}

interface Event {
  readonly at: number;
  readonly nth: number;
  readonly happen: (now: number) => void;
}

/** A binary heap. */
export function createQueue(): EventQueue {
  const heap: Event[] = [];
  let added = 0;
  const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.nth < b.nth);

  function pop(): Event | undefined {
    const [top] = heap;
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child += 1;
      const smaller = heap[child] as Event;
      if (!before(smaller, last)) break;
      heap[hole] = smaller;
      hole = child;
    }
    heap[hole] = last;
    return top;
  }

  return {
    add(at, happen) {
      const event = { at, nth: added++, happen };
      let hole = heap.length;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        const above = heap[parent] as Event;
        if (!before(event, above)) break;
        heap[hole] = above;
        hole = parent;
      }
      heap[hole] = event;
    },
    run() {
      for (let event = pop(); event !== undefined; event = pop()) event.happen(event.at);
    },
  };
}
