import type { BoundPlan, Decision, EngineEvent, EngineState, Emission } from '#plan/engine';
import { advance, claim, fold } from '#plan/engine';

/** The state of a run between two steps of the engine. */
export interface RunEngine {
  readonly plan: BoundPlan;
  readonly state: EngineState;
  /** Tells the engine what has happened; what readers should know of it is given to `emit`. */
  advance(...events: EngineEvent[]): void;
  /** Leaves these tasks to a segment. */
  claim(segment: string, members: readonly string[]): void;
  /** Takes over what a segment came to; `check` sees its fingerprint before anything is changed. */
  fold(segment: FoldedSegment, check?: (fingerprint: string) => void): void;
  /** Counts calls from here on. */
  countCalls(): void;
}

export interface FoldedSegment {
  readonly slice: EngineState;
  readonly events: readonly EngineEvent[];
  readonly at: number;
  readonly decisions: readonly Decision[];
}

/** Holds the state of a run; the engine itself is pure. */
export function createRunEngine(
  plan: BoundPlan,
  initial: EngineState,
  emit: (emissions: readonly Emission[]) => void,
): RunEngine {
  let state = initial;
  const take = (next: { state: EngineState; emissions: readonly Emission[] }): void => {
    state = next.state;
    emit(next.emissions);
  };
  return {
    plan,
    get state() {
      return state;
    },
    advance: (...events) => take(advance(plan, state, events)),
    claim: (segment, members) => void (state = claim(plan, state, segment, members)),
    fold(segment, check) {
      const folded = fold(plan, state, segment);
      check?.(folded.fingerprint);
      take(folded);
    },
    countCalls: () => void (state = { ...state, calls: {} }),
  };
}
