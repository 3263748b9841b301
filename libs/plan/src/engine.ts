/** What workflows need of plans: the engine and what it evaluates with, without the language's schemas. */
export { formatDuration } from './duration.js';
export { advance, initialState } from './engine/advance.js';
export { engineVersion } from './engine/bound-plan.js';
export type { AgentFacts, AgentToolFacts, BoundPlan } from './engine/bound-plan.js';
export type { Emission } from './engine/emission.js';
export {
  expressionEnvironment,
  largestEvaluatedChars,
  missingValues,
  storedEnvironment,
} from './engine/environment.js';
export type { StoredEnvironment } from './engine/environment.js';
export { runsLocally } from './engine/local-segment.js';
export { isUnder } from './engine/paths.js';
export { isContainer, nodeOf, planIndex } from './engine/plan-index.js';
export { runEnd } from './engine/complete.js';
export { runRecordOf } from './engine/run-record.js';
export { claim, fold, segmentMembers, sliceOf } from './engine/segment.js';
export type { Decision, EngineEvent, EngineState, Outcome } from './engine/state.js';
export { nextWallTrigger, reachedTriggers } from './engine/triggers.js';
export { waitReason } from './engine/settle.js';
export { taskEnded } from './engine/transitions.js';
export { asked, batches, collections, isClaimed, isHeld, startable, timers } from './engine/work.js';
export type { Batch, Collection } from './engine/work.js';
export { retryDelay } from './engine/retry.js';
export { evaluate } from './expression/evaluate.js';
export { describeFault } from './fault.js';
export { validateInputs } from './inputs.js';
