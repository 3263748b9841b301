export { builtInAgents, registerAgents } from './agent-registry.js';
export type { AgentTool, RegisteredAgent } from './agent-registry.js';
export { AgentDefinition } from './definitions/agent-definition.js';
export { createModelPlanner } from './planner/model-planner.js';
export { plannerInstructions } from './planner/planner-prompt.js';
export type { PlanningMeans } from './planner/planner-prompt.js';
export type { GoalToPlan, ModelPlanner, ModelPlannerDeps } from './planner/model-planner.js';
