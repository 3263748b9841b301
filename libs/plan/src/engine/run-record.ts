import type { ApprovalChange, JsonObject, JsonValue, RunRecord } from '#contracts';
import { approvalId, innerPath } from '#contracts';
import type { Emission, QuestionChange } from './emission.js';

/**
 * Emissions as one record of the run. Those of a sub-plan in a workflow of its own (`container`) get its
 * path, and say nothing of the run as a whole.
 */
export function runRecordOf(
  run: { readonly tenant: string; readonly runId: string },
  container: string,
  emissions: readonly Emission[],
): RunRecord {
  const inner = container !== '';
  const place = (path: string): string => innerPath(container, path);
  const items = emissions.flatMap((e) => e.items ?? []);
  const questions = emissions.flatMap((e) => e.question ?? []);
  const runPatches = inner ? [] : emissions.flatMap((e) => e.run ?? []);
  return {
    tenant: run.tenant,
    runId: run.runId,
    events: emissions.flatMap(({ event, question }) => {
      if (!event || (inner && event.taskPath === undefined)) return [];
      const { taskPath, data } = event;
      // Who reads that somebody is asked learns where to answer.
      const id = question?.type === 'request' && approvalId(run.runId, place(question.path), question.asks);
      return [
        {
          ...event,
          ...(taskPath === undefined ? {} : { taskPath: place(taskPath) }),
          ...(id && { data: { id, ...data } }),
        },
      ];
    }),
    tasks: emissions.flatMap(({ task }) => (task ? [{ ...task, path: place(task.path) }] : [])),
    ...(items.length === 0
      ? {}
      : {
          items: items.map(({ path, first, results }) => ({
            path: place(path),
            first,
            results: results as unknown as JsonValue[],
          })),
        }),
    ...(questions.length === 0
      ? {}
      : { approvals: questions.map((one) => approvalChange(run.runId, place(one.path), one)) }),
    ...(runPatches.length === 0 ? {} : { run: Object.assign({}, ...runPatches) as JsonObject }),
  };
}

function approvalChange(runId: string, path: string, change: QuestionChange): ApprovalChange {
  const id = approvalId(runId, path, change.asks);
  if (change.type === 'withdraw') return { type: 'withdraw', id, at: change.at };
  if (change.type === 'escalate') return { type: 'escalate', id, role: change.role };
  if (change.type === 'extend') return { type: 'extend', id, expiresAt: change.expiresAt };
  return { type: 'request', request: { id, ...(path === '' ? {} : { taskPath: path }), ...change.request } };
}
