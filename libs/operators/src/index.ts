export type { OperatorsDeps, TerminatedRun } from './operators-deps.js';
export { operatorsTemporal } from './operators-temporal.js';
export type { OperatorsTemporal } from './operators-temporal.js';
export { startOperatorWatch } from './start-operator-watch.js';
