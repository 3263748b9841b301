import { breakerOfDeployment } from '#contracts';
import { createRouter } from '#routing';
import type { Catalogue, SharedBoard, SharedLimits, SharingRouter } from '#routing';

/** The router of this process, which sees breakers and limits as all workers on the database have them. */
export function openRouter({
  board,
  limits,
  catalogue,
}: {
  readonly board: SharedBoard;
  readonly limits: SharedLimits;
  readonly catalogue: Pick<Catalogue, 'refusal'>;
}): SharingRouter {
  const router = createRouter({
    random: Math.random,
    refusal: catalogue.refusal,
    breakers: (deployment) => board.view(breakerOfDeployment(deployment)),
  });
  limits.watch(({ name, until }) => router.limited(name, until ?? Number.POSITIVE_INFINITY));
  return {
    ...router,
    limited: (pool, until) => limits.limited(pool, until, 'the provider said so'),
  };
}
