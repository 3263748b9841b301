import { nexusError } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { ApiClient } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { runNotFound } from '../run-view/run-details.js';
import { runStream } from '../run-view/run-stream.js';
import type { EventView } from '../run-view/run-stream.js';
import { pastEvents } from './event-pages.js';
import { jsonLogPrinter, lineLogPrinter } from './log-printer.js';
import type { LogPrinter } from './log-printer.js';
import { jsonOption } from './options.js';

interface TaskOutput {
  readonly path: string;
  readonly attempts: readonly {
    readonly startedAt: string;
    readonly stdout: string | null;
    readonly stderr: string | null;
  }[];
}

interface TaskOutputPage {
  readonly edges: readonly { readonly node: TaskOutput }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const TaskOutputQuery = operation<
  { run: { tasks: TaskOutputPage } | null },
  { id: string; after: string | null }
>(/* GraphQL */ `
  query TaskOutput($id: ID!, $after: String) {
    run(id: $id) {
      tasks(first: 50, after: $after) {
        edges {
          node {
            path
            attempts {
              startedAt
              stdout
              stderr
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** A task that has no row of its own is found by its path all the same. */
export const TaskKnownQuery = operation<
  { run: { task: { path: string } | null } | null },
  { id: string; path: string }
>(/* GraphQL */ `
  query TaskKnown($id: ID!, $path: String!) {
    run(id: $id) {
      task(path: $path) {
        path
      }
    }
  }
`);

interface LogsOptions {
  readonly follow?: boolean;
  readonly task?: string;
  readonly json?: boolean;
}

const help = `
Examples:
  nexus logs run_0190…
  nexus logs run_0190… --follow --task test`;

export function logsCommand(context: CliContext): Command {
  return new Command('logs')
    .description('print what the tasks of a run wrote to stdout and stderr')
    .argument('<run>', 'ID of the run')
    .option('-f, --follow', 'go on with what comes, until the run has ended')
    .option('--task <path>', 'only this task and what is inside it')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string, options: LogsOptions) => {
      const api = context.api();
      const { data, talk } = context.terminal;
      const printer = options.json ? jsonLogPrinter(data) : lineLogPrinter(data);
      const wanted = (path: string) => isInside(path, options.task);
      const result = await context.interruptible(async (signal) => {
        const events = options.follow ? runStream(api, runId, { signal }) : pastEvents(api, runId);
        const streamed = await printStreamed(events, wanted, printer);
        const other = signal.aborted
          ? { printed: 0, seen: 0 }
          : await printOther(api, runId, wanted, (path) => streamed.has(path), printer);
        printer.flush();
        if (options.task !== undefined && !signal.aborted && streamed.size + other.seen === 0)
          await mustExist(api, runId, options.task);
        return { interrupted: signal.aborted, nothing: streamed.size + other.printed === 0 };
      });
      if (result.nothing && !result.interrupted) talk.line('no task has written anything');
      context.exit(result.interrupted ? exitCodes.interrupted : exitCodes.ok);
    });
}

/** Prints what was streamed, and says from which tasks that was. */
async function printStreamed(
  events: AsyncIterable<EventView>,
  wanted: (path: string) => boolean,
  { print }: LogPrinter,
): Promise<ReadonlySet<string>> {
  const streamed = new Set<string>();
  for await (const { type, taskPath, at, data } of events) {
    if (type !== 'task.output' || taskPath === null || !wanted(taskPath)) continue;
    streamed.add(taskPath);
    const stream = data?.['stream'] === 'stderr' ? 'stderr' : 'stdout';
    const text = data?.['text'];
    if (typeof text === 'string') print({ at, taskPath, stream, text });
  }
  return streamed;
}

/**
 * A tool may hand in its output at the end only; then it stands with the attempt and nowhere else. Says how many
 * attempts had some, and how many tasks were looked at.
 */
async function printOther(
  api: ApiClient,
  runId: string,
  wanted: (path: string) => boolean,
  wasStreamed: (path: string) => boolean,
  { print }: LogPrinter,
): Promise<{ readonly printed: number; readonly seen: number }> {
  let [printed, seen] = [0, 0];
  for (let after: string | null = null, more = true; more;) {
    const { run }: { run: { tasks: TaskOutputPage } | null } = await api.request(TaskOutputQuery, {
      id: runId,
      after,
    });
    if (!run) throw runNotFound(runId, api.url);
    for (const { node } of run.tasks.edges) {
      if (!wanted(node.path)) continue;
      seen += 1;
      if (wasStreamed(node.path)) continue;
      for (const { startedAt: at, stdout, stderr } of node.attempts) {
        if (stdout) print({ at, taskPath: node.path, stream: 'stdout', text: stdout });
        if (stderr) print({ at, taskPath: node.path, stream: 'stderr', text: stderr });
        printed += stdout || stderr ? 1 : 0;
      }
    }
    more = run.tasks.pageInfo.hasNextPage;
    after = run.tasks.pageInfo.endCursor;
  }
  return { printed, seen };
}

async function mustExist(api: ApiClient, runId: string, path: string): Promise<void> {
  const { run } = await api.request(TaskKnownQuery, { id: runId, path });
  if (run?.task) return;
  throw nexusError('NOT_FOUND', `run ${runId} has no task "${path}"`, {
    hint: `its tasks, by their paths: nexus status ${runId}`,
  });
}

function isInside(path: string, task: string | undefined): boolean {
  return task === undefined || path === task || path.startsWith(`${task}/`) || path.startsWith(`${task}[`);
}
