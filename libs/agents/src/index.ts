export { builtInAgents, registerAgents } from './agent-registry.js';
export type { RegisteredAgent } from './agent-registry.js';
export { AgentDefinition } from './definitions/agent-definition.js';
export { createModelPlanner } from './planner/model-planner.js';
export type { GoalToPlan, ModelPlanner, ModelPlannerDeps } from './planner/model-planner.js';
