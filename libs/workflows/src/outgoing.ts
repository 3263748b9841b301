import { condition, patched } from '@temporalio/workflow';

/** Whoever is told something answers much sooner, or never. */
const longestMs = 30_000;

/**
 * What this workflow has sent to others and does not know to have arrived. An execution that ends meanwhile may take
 * it along: nobody sends it again.
 */
export interface Outgoing {
  /** Counts it as on its way until it has arrived or failed, which is for the sender to see to. */
  add(sending: Promise<unknown>): void;
  /** Resolves when nothing is on its way any more, or has been for too long. */
  arrived(): Promise<void>;
}

export function createOutgoing(): Outgoing {
  let count = 0;
  const over = (): void => void count--;
  return {
    add(sending) {
      count++;
      sending.then(over, over);
    },
    async arrived() {
      if (count > 0 && patched('outgoing-first')) await condition(() => count === 0, longestMs);
    },
  };
}
