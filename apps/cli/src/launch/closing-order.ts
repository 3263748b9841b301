import type { Logger } from '#telemetry';

/** Things that are open, and are to be closed in the reverse order of their opening. */
export interface ClosingOrder {
  readonly add: (what: string, close: () => Promise<void> | void) => void;
  /** Closes all, once, however often it is called; one that fails is logged and keeps none of the others open. */
  readonly closeAll: () => Promise<void>;
}

export function createClosingOrder(logger: Logger): ClosingOrder {
  const open: { readonly what: string; readonly close: () => Promise<void> | void }[] = [];
  let closing: Promise<void> | undefined;
  const closeEach = async () => {
    for (let entry = open.pop(); entry; entry = open.pop()) {
      const { what, close } = entry;
      try {
        await close();
      } catch (error) {
        logger.error({ error }, `could not close ${what}`);
      }
    }
  };
  return {
    add: (what, close) => void open.push({ what, close }),
    closeAll: () => (closing ??= closeEach()),
  };
}
