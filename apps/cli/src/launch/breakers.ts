import { openSharedBoard, openSharedLimits } from '#routing';
import type { SharedBoard, SharedLimits } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { ClosingOrder } from './closing-order.js';

/** Breakers and limits as all workers on the database have them. */
export async function openBreakers(
  store: Store,
  logger: Logger,
  closing: ClosingOrder,
): Promise<{ readonly board: SharedBoard; readonly limits: SharedLimits }> {
  const log = (message: string): void => logger.warn(message);
  const [board, limits] = await Promise.all([
    openSharedBoard({ store, log }),
    openSharedLimits({ store, log }),
  ]);
  closing.add('the breakers', board.close);
  closing.add('the limits', limits.close);
  return { board, limits };
}
