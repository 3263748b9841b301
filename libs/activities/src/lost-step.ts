import type { Failure } from '#contracts';
import type { BoundSpec, EngineEvent } from '#plan';

/** A step that may begin again. `deaths`: how many workers have died while it ran; kept in the journal alone. */
type Lost = EngineEvent & { readonly type: 'lost'; readonly deaths?: number };

/** The deaths after which a step counts as what kills its workers. */
export const deathsAllowed = 5;

/** Deaths that the journal tells of, by path. */
export function deathsIn(journal: readonly EngineEvent[]): Map<string, number> {
  const deaths = new Map<string, number>();
  for (const event of journal) {
    if (event.type === 'lost') deaths.set(event.path, (event as Lost).deaths ?? deaths.get(event.path) ?? 0);
  }
  return deaths;
}

/** What becomes of a step whose worker died while it ran, for the so-manieth time. */
export function afterDeath(
  step: { readonly path: string; readonly spec: BoundSpec | undefined; readonly attempts: number },
  deaths: number,
  at: number,
): EngineEvent {
  const { path, attempts } = step;
  if (isUnkeyed(step.spec)) return uncertain(step, at, 'its worker was lost while it ran');
  if (deaths >= deathsAllowed) return { type: 'failed', path, at, attempts, error: quarantined(deaths) };
  const lost: Lost = { type: 'lost', path, at, deaths };
  return lost;
}

/** Why what kills its workers again and again is not begun once more. */
export function quarantined(deaths: number): Failure {
  return {
    code: 'QUARANTINED',
    message: `${deaths} workers have died while this ran, one after the other`,
    retryable: false,
    hint: 'Look at its input, and at how the workers ended: memory, crashes of native code. Then retry the task.',
  };
}

export function isUnkeyed(spec: BoundSpec | undefined): boolean {
  return spec?.kind === 'tool' && spec.effect === 'unkeyed';
}

/** A tool without a key runs at most once: when nobody knows what it did, a person decides. */
export function uncertain(
  step: { readonly path: string; readonly spec: BoundSpec | undefined; readonly attempts: number },
  at: number,
  why: string,
): EngineEvent {
  const { path, spec, attempts } = step;
  const tool = spec?.kind === 'tool' ? spec.tool : 'the step';
  const message = `${tool} takes no idempotency key, and ${why}: its effect may have happened`;
  const hint = 'Look whether it did, then retry the task or skip it with its output.';
  return {
    type: 'uncertain',
    path,
    at,
    attempts,
    error: { code: 'INTERNAL', message, retryable: false, hint },
  };
}
