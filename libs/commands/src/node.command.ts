import { parseTaskId } from '#contracts';
import { z } from 'zod';
import type { ApprovalView } from './approval-view.js';
import { type ArtefactView, findArtefact } from './artefacts.command.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id } from './input-fields.js';
import type { NoWorker } from './no-worker.js';
import { parseInput } from './parse-input.js';
import { findApproval } from './read-approvals.command.js';
import { readRun } from './read-runs.command.js';
import { readTask } from './read-tasks.command.js';
import { type AgentView, findAgent } from './registries.command.js';
import type { RunView } from './run-view.js';
import type { TaskView } from './task-view.js';
import { findTemplate, type TemplateView } from './templates.js';

export const ReadNodeInput = z.strictObject({ id: Id });

export type NodeView = RunView | TaskView | ApprovalView | ArtefactView | TemplateView | AgentView;

/** Anything that has an ID, by it; null when it names nothing. */
export async function readNode(
  deps: CommandDeps,
  noWorker: NoWorker,
  context: CommandContext,
  input: unknown,
): Promise<NodeView | null> {
  const { id } = parseInput(ReadNodeInput, input);
  const task = parseTaskId(id);
  if (task) return readTask(deps, noWorker, context, task);
  if (id.startsWith('run_')) return readRun(deps, context, { id });
  if (id.startsWith('approval:')) return findApproval(deps, context, id);
  if (id.startsWith('art_')) return (await findArtefact(deps, context, id))?.artefact ?? null;
  if (id.startsWith('tpl_')) return findTemplate(deps, context.tenant, id);
  return findAgent(deps, id);
}
