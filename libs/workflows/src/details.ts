import type { BoundPlan, EngineState } from '#plan/engine';
import { planIndex } from '#plan/engine';
import { formatUsd } from '#contracts';

const listed = 8;

/** What the Temporal UI shows of a run under way, in Markdown. */
export function currentDetails(plan: BoundPlan, state: EngineState): string {
  const index = planIndex(plan);
  const order = (path: string): number => index.node(path)?.order ?? 0;
  const paths = Object.keys(state.tasks).sort((a, b) => order(a) - order(b));
  const by = (wanted: (status: string) => boolean): string[] =>
    paths.filter((path) => wanted(state.tasks[path]?.status ?? 'PENDING'));
  const { ended = 0 } = state.counts ?? {};
  const inSegments = paths.filter((path) => state.tasks[path]?.claimedBy !== undefined);
  const holds = (state.pauses ?? []).map(({ by: who, reason }) => (reason ? `${who}: ${reason}` : who));
  const lines = [
    `**${plan.name}**: ${standing(state)}`,
    `- tasks ended: ${ended}${hasRepetition(plan) ? '' : ` of ${index.nodes.size}`}`,
    holds.length === 0 ? '' : `- paused by ${holds.join(', ')}`,
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

function standing({ outcome, cancelling, pauses, phase }: EngineState): string {
  if (outcome) return outcome.status;
  return cancelling ? 'CANCELLING' : pauses ? 'PAUSED' : phase;
}

/** Whether only the run can tell how many tasks there will be. */
function hasRepetition(plan: BoundPlan): boolean {
  return [...planIndex(plan).nodes.values()].some(({ task: { kind } }) => kind === 'loop' || kind === 'map');
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
