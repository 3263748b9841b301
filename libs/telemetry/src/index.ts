export { createLogger } from './logger.js';
export type { Logger, LogLevel, LogOptions } from './logger.js';
