import { breakerOfDeployment } from '#contracts';
import { openSharedBoard, openSharedLimits } from '#routing';
import type { Catalogue, SharedBoard, SharedLimits } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { ClosingOrder } from './closing-order.js';

/** Breakers and limits as all workers on the database have them. */
export async function openBreakers(
  store: Store,
  catalogue: Catalogue,
  logger: Logger,
  closing: ClosingOrder,
): Promise<{ readonly board: SharedBoard; readonly limits: SharedLimits }> {
  const log = (message: string): void => logger.warn(message);
  const [board, limits] = await Promise.all([
    openSharedBoard({ store, log, groups: (name) => groupsOf(catalogue, name) }),
    openSharedLimits({ store, log }),
  ]);
  closing.add('the breakers', board.close);
  closing.add('the limits', limits.close);
  return { board, limits };
}

/** Deployments of one grade stand in for each other: should they all be out, the last is tried all the same. */
function groupsOf(catalogue: Catalogue, name: string): readonly (readonly string[])[] {
  const all = catalogue.deployments(Date.now());
  const grade = all.find(({ id }) => breakerOfDeployment(id) === name)?.grade;
  if (grade == null) return [];
  return [all.filter((one) => one.grade === grade).map(({ id }) => breakerOfDeployment(id))];
}
