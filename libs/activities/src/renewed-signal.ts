import { anySignal } from './named-signals.js';

/** One signal for many steps, and another after it was aborted. */
export interface RenewedSignal {
  readonly current: () => AbortSignal;
  /** Follows nothing any more. */
  readonly end: () => void;
}

/** Aborted when any of the sources is, and cheaper to make and to listen to than one that follows them for each step. */
export function createRenewedSignal(sources: () => AbortSignal[]): RenewedSignal {
  let controller: AbortController | undefined;
  let followed: AbortSignal | undefined;
  const abort = (): void => controller?.abort();
  const end = (): void => followed?.removeEventListener('abort', abort);
  return {
    current() {
      if (controller && !controller.signal.aborted) return controller.signal;
      end();
      controller = new AbortController();
      followed = anySignal(...sources());
      if (followed.aborted) abort();
      else followed.addEventListener('abort', abort);
      return controller.signal;
    },
    end,
  };
}
