import { LLMock } from '@copilotkit/aimock';
import { createModelPlanner } from '#agents';
import { createCommands, createPlanChecker, type RunGateway } from '#commands';
import type { JsonObject, ToolFacts } from '#contracts';
import { bindPlan, validatePlan, available } from '#plan';
import { createMemoryConversations, createNexusProvider } from '#routing';
import { openStore } from '#store';
import { createLogger } from '#telemetry';
import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { onEnd } from './run/cleanup.js';
import type { BenchOptions } from './run/options.js';

export const description =
  'what Nexus adds to the time of the model when a goal becomes a plan of 1,000 tasks';

const taskCount = 1_000;
const targetMs = 500;
const tool: ToolFacts = {
  name: 'note',
  description: 'Keeps a note.',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  effect: 'none',
  expectedMs: 20,
};

/** Plans through the commands with a model that answers at once, and takes the model's own time off. */
export async function run(options: BenchOptions): Promise<object> {
  const rounds = options.rounds ?? (options.quick ? 3 : 15);
  const mock = new LLMock({ port: 0 });
  await mock.start();
  onEnd(() => mock.stop());
  const { planPreview, planRun } = await commandsOver(mock);
  const context = { tenant: 'default', requestId: 'bench', actor: 'bench' };
  const measured: Record<Figure, number[]> = { model: [], preview: [], run: [], validateAndBind: [] };
  for (let nth = 0; nth <= rounds; nth++) {
    // Another plan each time: the same one would be remembered.
    const plans = [bigPlan(`preview-${nth}`), bigPlan(`run-${nth}`), bigPlan(`alone-${nth}`)] as const;
    mock.reset();
    mock.on({}, { content: JSON.stringify(plans[0]) });
    const model = await timed(() => askDirectly(mock));
    const preview = await timed(() => planPreview(context, { goal: `preview ${nth}`, planner: 'model' }));
    mock.reset();
    mock.on({}, { content: JSON.stringify(plans[1]) });
    const request = { goal: `run ${nth}`, planner: 'model' };
    const planned = await timed(() => planRun('default', `run_${nth}`, request, {}));
    const validateAndBind = await timed(async () => validateAndBindAlone(plans[2]));
    // The first is for the compiler.
    if (nth === 0) continue;
    const figures = { model, preview: preview - model, run: planned - model, validateAndBind };
    for (const [name, ms] of Object.entries(figures)) measured[name as Figure].push(ms);
    say(
      `round ${nth}  preview +${round(figures.preview)} ms, run +${round(figures.run)} ms, alone ${round(validateAndBind)} ms`,
    );
  }
  const summary = Object.fromEntries(
    Object.entries(measured).map(([name, values]) => [
      name,
      { p50: round(quantile(values, 0.5) ?? 0), p95: round(quantile(values, 0.95) ?? 0) },
    ]),
  );
  const rows = Object.entries(summary).map(([name, { p50, p95 }]) => [labels[name as Figure], p50, p95]);
  process.stdout.write(
    `\nmilliseconds for a plan of ${taskCount} tasks\n${table(['', 'p50', 'p95'], rows)}\n`,
  );
  return { benchmark: 'decompose', tasks: taskCount, rounds, targetMs, summary };
}

type Figure = 'model' | 'preview' | 'run' | 'validateAndBind';
const labels: Readonly<Record<Figure, string>> = {
  model: 'the model alone (a mock on loopback)',
  preview: 'added by planPreview',
  run: 'added by planning for a run: parsed, validated, bound',
  validateAndBind: 'validating and binding alone',
};

async function commandsOver(mock: LLMock) {
  const store = await openStore({});
  onEnd(() => store.close());
  const provider = createNexusProvider({
    providers: { openai: { apiKey: { reveal: () => 'sk-bench' }, baseUrl: `${mock.url}/v1` } },
    callLog: async () => undefined,
    conversations: createMemoryConversations(),
    loadValue: (tenant, value) => store.values.load(tenant, value),
  });
  const planning = { store, tools: [tool], agents: [], templates: [] };
  const modelPlanner = createModelPlanner({ ...planning, provider, validate: createPlanChecker(planning) });
  const logger = createLogger({ level: 'warn' });
  return createCommands({
    ...planning,
    workflows: noWorkflows,
    models: [],
    modelPlanner,
    logger,
    now: Date.now,
  });
}

const never = (): never => {
  throw new Error('nothing is run here');
};
const noWorkflows: RunGateway = {
  start: never,
  startRollback: never,
  cancel: never,
  signal: never,
  terminate: never,
  unpause: never,
  openWorkflows: never,
  inspect: never,
  terminatedAt: never,
  temporalUrl: () => null,
};

function validateAndBindAlone(document: JsonObject): void {
  const tools = (name: string) => (name === tool.name ? tool : undefined);
  const checked = validatePlan(document, {
    tools,
    agents: () => false,
    templates: () => undefined,
    available,
    knownTemplateNames: [],
  });
  if (!checked.ok) throw new Error(`the plan has faults: ${JSON.stringify(checked.faults.slice(0, 3))}`);
  bindPlan(checked.plan, { tool: tools, agent: () => undefined, template: () => undefined });
}

/** Tasks in rows of ten, each of which reads what two of the row before have put out. */
function bigPlan(name: string): JsonObject {
  const tasks = Array.from({ length: taskCount }, (_, i) => {
    const needs = i < 10 ? [] : [`t${i - 10}`, `t${i - (i % 10) - 10 + ((i + 1) % 10)}`];
    const read = needs.map((id) => `\${tasks.${id}.output}`).join(' and ');
    return {
      id: `t${i}`,
      kind: 'tool',
      tool: tool.name,
      needs,
      with: { text: `note ${i} of ${name}: ${read}` },
    };
  });
  return { name, tasks, output: '${tasks.t999.output}' };
}

/** What the mock itself takes for the same answer. */
async function askDirectly(mock: LLMock): Promise<void> {
  const response = await fetch(`${mock.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
    body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'plan' }] }),
  });
  if (!response.ok) throw new Error(`the mock answered ${response.status}`);
  await response.text();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
