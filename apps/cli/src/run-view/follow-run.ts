import type { ApiClient } from '../api-client.js';
import { elapsed } from '../amounts.js';
import { fit } from '../columns.js';
import { plainLine } from '../plain-text.js';
import type { Output } from '../terminal.js';
import { eventLine } from './event-line.js';
import { decisionLines } from './decision-lines.js';
import { createLiveRegion } from './live-region.js';
import { runMark } from './marks.js';
import { loadApprovals, loadRun } from './run-details.js';
import { emptyTree, withDetails, withEvent } from './run-tree.js';
import { runStream } from './run-stream.js';
import type { EventView } from './run-stream.js';
import { treeLines } from './tree-lines.js';

export interface FollowOptions {
  readonly output: Output;
  readonly signal: AbortSignal;
  /** `quiet` shows nothing, for those who only wait. */
  readonly show: 'tree' | 'lines' | 'quiet';
  readonly title: string;
}

const redrawEveryMs = 120;

/** Shows a run until it has ended or the signal is aborted: a tree redrawn in place, or a line per event. */
export async function followRun(api: ApiClient, runId: string, options: FollowOptions): Promise<void> {
  const { output, signal, show } = options;
  const events = (onConnection: (text: string) => void) =>
    runStream(api, runId, {
      signal,
      onConnection: (state) =>
        onConnection(
          state === 'lost' ? `lost the connection to ${api.url}; trying again` : 'connected again',
        ),
    });
  if (show === 'tree') return followAsTree(api, runId, events, options);
  const told = new Set<string>();
  for await (const event of events((text) => show === 'lines' && output.line(text))) {
    if (show === 'lines' && event.type !== 'model.delta') output.line(eventLine(event));
    if (show === 'lines' && event.type === 'approval.requested')
      await tellDecisions(api, runId, told, output);
  }
}

/** Tells once of each question what to type; of those that were answered meanwhile nothing. */
async function tellDecisions(
  api: ApiClient,
  runId: string,
  told: Set<string>,
  output: Output,
): Promise<void> {
  const approvals = await loadApprovals(api, runId);
  const fresh = approvals.filter(({ id, status }) => status === 'PENDING' && !told.has(id));
  for (const { id } of fresh) told.add(id);
  for (const line of decisionLines(fresh)) output.line(`  ${line}`);
}

type Events = (onConnection: (text: string) => void) => AsyncIterable<EventView>;

async function followAsTree(api: ApiClient, runId: string, events: Events, options: FollowOptions) {
  const { output } = options;
  const region = createLiveRegion(output);
  let tree = emptyTree;
  let connection = '';
  let decisions: string[] = [];
  let frame = 0;

  const draw = () => {
    frame += 1;
    const width = output.columns() - 1;
    const now = Date.now();
    const since = tree.startedAt === null ? '' : `  ${elapsed((tree.finishedAt ?? now) - tree.startedAt)}`;
    const headline = fit(
      `${plainLine(options.title)}${since}  ${plainLine(tree.note)}`.trimEnd(),
      width - 16,
    );
    region.draw([
      `${runMark(tree.status, output.paint)}  ${headline}`,
      ...treeLines(tree, {
        paint: output.paint,
        width,
        maxTasks: output.rows() - 5 - decisions.length,
        now,
        frame,
      }),
      ...decisions.map((line) => output.paint('yellow', fit(line, width))),
      ...(connection === '' ? [] : [output.paint('yellow', fit(connection, width))]),
    ]);
  };

  const timer = setInterval(draw, redrawEveryMs);
  try {
    for await (const event of events((text) => (connection = text === 'connected again' ? '' : text))) {
      connection = '';
      tree = withEvent(tree, event);
      // Kinds, tools and tasks still to come stand in the plan, not in events.
      if (event.type === 'run.planned' || event.type === 'run.started') {
        tree = withDetails(tree, await loadRun(api, runId));
      }
      if (event.type === 'approval.requested' || event.type === 'approval.decided') {
        decisions = decisionLines(await loadApprovals(api, runId));
      }
    }
  } finally {
    clearInterval(timer);
    region.clear();
  }
}
