import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isNexusError, nexusError } from '#contracts';
import { Command } from 'commander';
import type { ApiClient } from '../api-client.js';
import { createApiClient } from '../api-client.js';
import { checkedConfig } from '../checked-config.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { outcomeLines } from '../run-view/outcome-lines.js';
import type { RunDetails } from '../run-view/run-details.js';
import type { Output } from '../terminal.js';
import { demoConfig } from './demo-config.js';
import { assessmentLines, demoReport } from './demo-report.js';
import { ModelsQuery } from './models.js';
import { TemplatesQuery } from './registries.js';
import { startGoal } from './start-run.js';
import { waitForRun } from './wait-for-run.js';

const goal = 'Report on the health of this repository';

const help = `
Uses the Nexus that runs here, or starts one for as long as it takes. Nothing needs to be configured;
with a key of a model provider an agent adds its assessment.

Examples:
  nexus demo
  nexus demo --repo ../another-project`;

export function demoCommand(context: CliContext): Command {
  return new Command('demo')
    .description('report on the health of a repository, from start to end')
    .option('--repo <path>', 'the repository; default: the working directory')
    .addHelpText('after', help)
    .action(async ({ repo = '.' }: { repo?: string }) => {
      const folder = await repositoryFolder(resolve(context.workingDirectory, repo));
      const running = await runningNexus(context);
      const code = running
        ? await showThere(context, running, folder)
        : await context.interruptible((signal) => showHere(context, folder, signal));
      context.exit(code);
    });
}

async function repositoryFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return folder;
  throw nexusError('BAD_USER_INPUT', `--repo ${folder} is not a folder`, {
    hint: 'name the folder of a repository: nexus demo --repo PATH',
  });
}

/** The Nexus that answers where this command line would look for one. */
async function runningNexus({ api: connect }: CliContext): Promise<ApiClient | null> {
  const api = connect();
  try {
    await api.request(TemplatesQuery, {});
    return api;
  } catch (error) {
    if (isNexusError(error) && error.code === 'UNAVAILABLE') return null;
    throw error;
  }
}

async function showThere(context: CliContext, api: ApiClient, repo: string): Promise<number> {
  const { talk } = context.terminal;
  talk.line(`using the Nexus that runs at ${api.url}`);
  return show(context, api, repo, null);
}

async function showHere(context: CliContext, repo: string, signal: AbortSignal): Promise<number> {
  const { data, talk } = context.terminal;
  const config = await demoConfig(checkedConfig(context), context.env, repo);
  talk.line('starting Nexus …');
  const [{ startNexus }, { launchLogger }] = await Promise.all([
    import('../embedded-nexus.js'),
    import('../launch/launch-logger.js'),
  ]);
  const nexus = await startNexus(config, { logger: launchLogger(context, config, 'warn'), say: talk.line });
  try {
    const { apiUrl, temporalUiUrl, failed } = nexus;
    const ui = temporalUiUrl === null ? '' : `   Temporal UI ${temporalUiUrl}`;
    talk.line(`ready in ${process.uptime().toFixed(1)} s: API ${apiUrl}${ui}`);
    if (signal.aborted) return exitCodes.interrupted;
    const code = await Promise.race([failed, show(context, createApiClient(apiUrl), repo, config.home)]);
    data.line(
      '\nNexus stops now; everything is kept. To look around: npm start, then open the addresses above,',
    );
    data.line('or give it work of your own: nexus run "…"   nexus run --plan FILE   nexus --help');
    return code;
  } finally {
    await nexus.stop();
  }
}

async function show(context: CliContext, api: ApiClient, repo: string, home: string | null): Promise<number> {
  const template = await templateFor(api);
  const run = await startGoal(api, { goal, template, inputs: { repo } });
  return waitForRun(context, api, run.id, {
    title: goal,
    present: (ended) => present(context, ended, home),
  });
}

/** With a model at hand an agent writes an assessment too. */
async function templateFor(api: ApiClient): Promise<string> {
  const [{ templates }, { models }] = await Promise.all([
    api.request(TemplatesQuery, {}),
    api.request(ModelsQuery, {}),
  ]);
  const assessed = 'repo-health-assessed';
  return models.length > 0 && templates.some(({ name }) => name === assessed) ? assessed : 'repo-health';
}

async function present({ terminal: { data, talk } }: CliContext, run: RunDetails, home: string | null) {
  const report = await demoReport(run, home);
  if (report) {
    report.lines(data).forEach((line) => data.line(line));
    assessmentLines(run.output, data).forEach((line) => data.line(line));
    data.line(`\n${'─'.repeat(Math.min(data.columns(), 78))}`);
  }
  const look = { paint: data.paint, width: data.columns(), now: Date.now(), withoutOutput: report !== null };
  outcomeLines(run, look).forEach((line) => data.line(line));
  if (report?.file) data.line(`Report    ${report.file}`);
  if (run.tasks.some(({ error }) => error?.code === 'SANDBOX_VIOLATION')) outsideHint(talk);
}

/** A Nexus that was there before works in its own folders only. */
function outsideHint({ line }: Output): void {
  line(
    'The repository lies outside of the folders that this Nexus works in. Start it with NEXUS_WORKSPACES naming',
  );
  line('that folder, or let the demo start one of its own:');
  line(
    '  NEXUS_PORT=4100 NEXUS_TEMPORAL_PORT=7333 NEXUS_TEMPORAL_UI_PORT=8333 NEXUS_HOME=.nexus-demo nexus demo',
  );
}
