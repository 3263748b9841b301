import { nexusError } from '#contracts';
import { parseDuration } from '#plan';
import { Command } from 'commander';
import type { ApiClient } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { readPlanFile } from '../plan-file.js';
import { jsonLine } from '../plain-text.js';
import { readInputs } from '../run-inputs.js';
import { collect, jsonOption, wholeNumber } from './options.js';
import { startGoal, startPlan } from './start-run.js';
import type { StartedRun } from './start-run.js';
import { waitForRun } from './wait-for-run.js';

interface RunOptions {
  readonly plan?: string;
  readonly input?: readonly string[];
  readonly inputs?: string;
  readonly template?: string;
  readonly planner?: string;
  readonly approvePlan?: boolean;
  readonly idempotencyKey?: string;
  readonly label?: readonly string[];
  readonly priority?: number;
  readonly detach?: boolean;
  readonly timeout?: number;
  readonly json?: boolean;
}

const help = `
Examples:
  nexus run "Report on the health of this repository" --input repo="$PWD"
  nexus run --plan release.yaml --input version=1.2.0 --label release
  nexus run --template repo-health --input repo="$PWD" --json
  nexus run "Audit the repository" --detach --idempotency-key nightly-2026-01-31

Exit codes: 0 succeeded, 1 failed or cancelled, 2 usage or an invalid plan, 5 refused,
6 budget used up or killed, 7 still running after --timeout, 130 interrupted (the run goes on).`;

export function runCommand(context: CliContext): Command {
  return new Command('run')
    .description('start a goal or a plan, show it live and wait for its end')
    .argument('[goal]', 'what is to be achieved')
    .option('--plan <file>', 'run this plan (YAML or JSON; - for standard input) instead of a goal')
    .option('--input <name=value>', 'an input; repeatable; name:=JSON for any JSON value', collect)
    .option('--inputs <json>', 'all inputs as a JSON object, or @file.json')
    .option('--template <name>', 'plan from this template')
    .option('--planner <name>', 'plan with this planner: template or model')
    .option('--approve-plan', 'stop after planning and ask a person')
    .option('--idempotency-key <key>', 'the same key again gives the same run')
    .option('--label <label>', 'a label; repeatable', collect)
    .option('--priority <n>', '1 (first) to 5 (last)', wholeNumber('--priority', 1, 5))
    .option('--detach', 'print the ID of the run and do not wait')
    .option('--timeout <duration>', 'wait this long at most (10s, 5m); the run goes on', parseDuration)
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (goal: string | undefined, options: RunOptions) => {
      const api = context.api();
      const run = await start(context, api, goal, options);
      if (!options.detach)
        return context.exit(
          await waitForRun(context, api, run.id, { ...options, title: goal ?? options.plan ?? run.id }),
        );
      context.terminal.data.line(options.json ? jsonLine(run) : run.id);
      context.terminal.talk.line(`started; follow it with: nexus watch ${run.id}`);
      context.exit(0);
    });
}

async function start(
  { workingDirectory }: CliContext,
  api: ApiClient,
  goal: string | undefined,
  options: RunOptions,
): Promise<StartedRun> {
  const { plan, template, planner, approvePlan, priority, idempotencyKey } = options;
  const faults = usageFaults(goal, options);
  if (faults.length > 0) throw nexusError('BAD_USER_INPUT', faults.join('\n'), { hint: 'nexus run --help' });

  const inputs = await readInputs(options.inputs, options.input ?? [], workingDirectory);
  const common = { inputs, priority, labels: options.label, idempotencyKey };
  if (plan !== undefined)
    return startPlan(api, { ...common, plan: await readPlanFile(plan, workingDirectory) });
  return startGoal(api, {
    ...common,
    goal: goal ?? `Run the template ${template}`,
    template,
    planner,
    approvePlan,
  });
}

function usageFaults(
  goal: string | undefined,
  { plan, template, planner, approvePlan }: RunOptions,
): string[] {
  const faults: string[] = [];
  if (plan === undefined && goal === undefined && template === undefined)
    faults.push('give a GOAL, or --plan FILE');
  if (plan !== undefined && goal !== undefined) faults.push('a GOAL and --plan exclude each other');
  if (plan !== undefined && template !== undefined) faults.push('--template and --plan exclude each other');
  if (plan !== undefined && planner !== undefined) faults.push('--planner and --plan exclude each other');
  if (plan !== undefined && approvePlan) faults.push('--approve-plan and --plan exclude each other');
  return faults;
}
