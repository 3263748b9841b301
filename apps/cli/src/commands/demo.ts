import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isNexusError, nexusError } from '#contracts';
import { Command } from 'commander';
import type { ApiClient } from '../api-client.js';
import { createApiClient } from '../api-client.js';
import { checkedConfig } from '../checked-config.js';
import type { CliContext } from '../cli-context.js';
import { outcomeLines } from '../run-view/outcome-lines.js';
import type { RunDetails } from '../run-view/run-details.js';
import { demoConfig } from './demo-config.js';
import { demoReport } from './demo-report.js';
import { ModelsQuery, TemplatesQuery } from './registries.js';
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
      context.exit(running ? await showThere(context, running, folder) : await showHere(context, folder));
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
  const code = await show(context, api, repo, null);
  if (code === 1) {
    talk.line(`it works in the folders of its own NEXUS_WORKSPACES: is ${repo} inside one of them?`);
    talk.line(
      'to use a Nexus of its own: NEXUS_PORT=0 NEXUS_TEMPORAL_PORT=0 NEXUS_TEMPORAL_UI_PORT=0 NEXUS_HOME=DIR nexus demo',
    );
  }
  return code;
}

async function showHere(context: CliContext, repo: string): Promise<number> {
  const { data, talk } = context.terminal;
  const config = await demoConfig(checkedConfig(context), context.env, repo);
  talk.line('starting Nexus …');
  const [{ startNexus }, { launchLogger }] = await Promise.all([
    import('../embedded-nexus.js'),
    import('../launch/launch-logger.js'),
  ]);
  const nexus = await startNexus(config, { logger: launchLogger(context, config, 'warn'), say: talk.line });
  try {
    talk.line(
      `ready in ${process.uptime().toFixed(1)} s: API ${nexus.apiUrl}${nexus.temporalUiUrl ? `   Temporal UI ${nexus.temporalUiUrl}` : ''}`,
    );
    const api = createApiClient(nexus.apiUrl);
    const code = await Promise.race([nexus.failed, show(context, api, repo, config.home)]);
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

async function present({ terminal: { data } }: CliContext, run: RunDetails, home: string | null) {
  const report = await demoReport(run, home);
  if (report) {
    report.lines(data).forEach((line) => data.line(line));
    data.line(`\n${'─'.repeat(Math.min(data.columns(), 78))}`);
  }
  const look = { paint: data.paint, width: data.columns(), now: Date.now(), withoutOutput: report !== null };
  outcomeLines(run, look).forEach((line) => data.line(line));
  if (report?.file) data.line(`Report    ${report.file}`);
}
