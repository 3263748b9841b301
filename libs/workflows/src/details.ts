import type { BoundPlan, EngineState } from '#plan/engine';
import { planIndex, taskEnded } from '#plan/engine';
import { formatUsd } from '#contracts';

const listed = 8;

/** What the Temporal UI shows of a run under way, in Markdown. */
export function currentDetails(plan: BoundPlan, state: EngineState): string {
  const paths = [...planIndex(plan).nodes.keys()];
  const by = (wanted: (status: string) => boolean): string[] =>
    paths.filter((path) => wanted(state.tasks[path]?.status ?? 'PENDING'));
  const ended = by((status) => taskEnded(status as never)).length;
  const inSegments = paths.filter((path) => state.tasks[path]?.claimedBy !== undefined);
  const lines = [
    `**${plan.name}**: ${state.outcome?.status ?? (state.cancelling ? 'CANCELLING' : state.phase)}`,
    `- tasks ended: ${ended} of ${paths.length}`,
    line('running', [...by((status) => status === 'RUNNING'), ...inSegments]),
    line(
      'waiting',
      by((status) => status === 'WAITING' || status === 'UNCERTAIN'),
    ),
    line(
      'failed',
      by((status) => status === 'FAILED'),
    ),
    state.usage.costNanos > 0 ? `- cost: $${formatUsd(state.usage.costNanos)}` : '',
  ];
  return lines.filter((text) => text !== '').join('\n');
}

/** One line for an activity of several tasks: `a, b, c and 4 more`. */
export function summaryOf(paths: readonly string[]): string {
  const more = paths.length - listed;
  return (more > 0 ? `${paths.slice(0, listed).join(', ')} and ${more} more` : paths.join(', ')).slice(
    0,
    200,
  );
}

function line(what: string, paths: readonly string[]): string {
  return paths.length === 0 ? '' : `- ${what}: ${summaryOf(paths)}`;
}
