export { agentTaskWorkflow } from './agent/agent-task.workflow.js';
export { rollbackWorkflow } from './rollback.workflow.js';
export { runWorkflow } from './run.workflow.js';
