export { freePorts, isPortFree } from './free-ports.js';
export { acquireHome, homeOwner } from './home-lock.js';
export type { HomeLock } from './home-lock.js';
export { portFaults, portOwner } from './port-check.js';
export type { PortWish } from './port-check.js';
export { startEmbeddedTemporal } from './start-temporal.js';
export type { EmbeddedTemporal, EmbeddedTemporalOptions } from './start-temporal.js';
export { onStopSignal } from './stop-signals.js';
export { registerSearchAttributes } from './temporal-namespace.js';
