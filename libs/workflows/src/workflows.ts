export { agentTaskWorkflow } from './agent/agent-task.workflow.js';
export { runWorkflow } from './run.workflow.js';
