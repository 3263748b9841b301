export { createApiApp } from './create-api-app.js';
export type { ApiApp, ApiDeps, ApiOptions } from './create-api-app.js';
export type { Dependency } from './health/readiness.js';
export type { HomeFacts } from './home/home-page.js';
