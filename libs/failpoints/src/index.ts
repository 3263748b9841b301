export { armFailpoint, failpoint } from './failpoint.js';
export type { Failpoint } from './failpoint.js';
export { failpointNames, plantedBugNames } from './failpoint-names.js';
export type { FailpointName, PlantedBugName } from './failpoint-names.js';
export { plantBug, plantedBug } from './planted-bug.js';
