export { createBuiltInTools } from './built-in.js';
export type { BuiltInSettings } from './built-in.js';
export { defineTool } from './definition.js';
export type { ToolDefinition } from './definition.js';
export type { ProcessError, ProcessOutcome } from './process/outcome.js';
export { createToolRegistry } from './registry.js';
export type { ToolRegistry } from './registry.js';
export { builtInTemplates } from './templates.js';
export { loadToolFolder } from './tool-folder.js';
