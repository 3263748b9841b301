export { createActivities } from './create-activities.js';
export type { ActivityDeps } from './create-activities.js';
export { guardModels } from './guarded-models.js';
export { idempotencyKey } from './idempotency-key.js';
export { createPlanCache } from './plan-cache.js';
export type { PlanCache } from './plan-cache.js';
export type { ModelRunner } from './step.js';
export { createStopList } from './stop-list.js';
export type { StopList } from './stop-list.js';
