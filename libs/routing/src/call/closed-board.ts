import type { BreakerBoard, BreakerView } from '../breaker/breaker-board.js';

/** Breakers that never open: where none are wired. */
export const closedBoard: BreakerBoard = {
  view: (name): BreakerView => ({
    name,
    state: 'CLOSED',
    availableAt: null,
    forced: null,
    failures: 0,
    calls: 0,
    reason: null,
    since: 0,
  }),
  all: () => [],
  enter: () => Promise.resolve({ end: () => undefined, failedLater: () => undefined }),
};
