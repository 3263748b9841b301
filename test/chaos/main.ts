import { parseArgs } from 'node:util';
import { plantedBugNames } from '#failpoints';
import { findPlanted } from './planted.js';
import { startStack } from './stack/stack.js';
import { runTrial, type TrialResult } from './trial.js';

const help = `Usage: npm run chaos -- [--seed N] [--minutes M] [--no-people] [--planted]

  --seed N      of the first trial; each one after it adds one. Default: from the clock
  --minutes M   how long to go on; default 4
  --no-people   nobody pauses, kills or cancels runs
  --planted     plants each known bug instead, and tells whether it is found
  --only NAME   with --planted: this bug alone
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '4' },
    'no-people': { type: 'boolean', default: false },
    only: { type: 'string' },
    planted: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help) say(help);
else if (values.planted) await plant();
else await chaos();

async function chaos(): Promise<void> {
  const first = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const until = Date.now() + Number(values.minutes) * 60_000;
  say(`chaos from seed ${first}, for ${values.minutes} min: npm run chaos -- --seed ${first}`);
  const stack = await startStack();
  const results: TrialResult[] = [];
  try {
    for (let seed = first; results.length === 0 || Date.now() < until; seed++) {
      say(`seed ${seed}`);
      const people = !values['no-people'];
      const trial = { seed, plans: 10, faultsForMs: 40_000, settleWithinMs: 90_000, people, tell: say };
      const result = await runTrial(stack, trial);
      results.push(result);
      const { runs, effects, endings, wrong } = result;
      say(`  ${runs} runs, ${effects} effects, ended ${JSON.stringify(endings)}; ${wrong.length} wrong`);
      for (const what of wrong) say(`  WRONG ${what}`);
    }
  } finally {
    await stack.stop();
  }
  summarise(results);
}

function summarise(results: readonly TrialResult[]): void {
  const sum = (of: (result: TrialResult) => number): number => results.reduce((all, one) => all + of(one), 0);
  const runs = sum((one) => one.runs);
  const wrong = sum((one) => one.wrong.length);
  say(
    `\n${results.length} trials, ${sum((one) => one.faults.length)} faults, ${runs} runs, ${sum((one) => one.effects)} effects`,
  );
  if (wrong > 0) {
    const seeds = results.filter((one) => one.wrong.length > 0).map(({ seed }) => seed);
    say(`${wrong} things were wrong, with the seeds ${seeds.join(', ')}`);
    process.exitCode = 1;
    return;
  }
  const bound = (300 / runs).toFixed(1);
  say(
    'nothing was wrong: every started run came to rest as its plan says, no effect lost or doubled, no event missed.',
  );
  say(
    `That is no proof: 0 of ${runs} bounds the rate of runs that go wrong under such faults at ${bound}% (95%, if they are independent).`,
  );
}

async function plant(): Promise<void> {
  const wanted = values.only;
  for (const name of plantedBugNames) {
    if (wanted !== undefined && wanted !== name) continue;
    const { found, detail } = await findPlanted(name);
    say(`${found ? 'found  ' : 'MISSED '} ${name}: ${detail}`);
    if (!found) process.exitCode = 1;
  }
}
