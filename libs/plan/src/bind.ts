import type { ToolFacts } from '#contracts';
import { nexusError } from '#contracts';
import type { Compensation } from './document-fields.js';
import type { MapTask, PlanDocument, PlanTask, SubPlanTask } from './document.js';
import { parseDuration } from './duration.js';
import type {
  AgentFacts,
  BoundCompensation,
  BoundPlan,
  BoundRetry,
  BoundSpec,
  BoundTask,
  Place,
} from './engine/bound-plan.js';
import { engineVersion } from './engine/bound-plan.js';
import { runsLocally } from './engine/local-segment.js';
import { bodiesOf, planIndex } from './engine/plan-index.js';

/** What names in a plan stand for at the moment of binding. */
export interface BindCatalogue {
  readonly tool: (name: string) => ToolFacts | undefined;
  readonly agent: (name: string) => AgentFacts | undefined;
  /** The template's document; without a version the newest. */
  readonly template: (
    name: string,
    version?: number,
  ) => { document: PlanDocument; version: number } | undefined;
}

const defaultTimeoutMs = 600_000;
const shortMs = 500;
const defaultRetry: BoundRetry = {
  maxAttempts: 3,
  initialMs: 1_000,
  factor: 2,
  maxMs: 30_000,
  on: ['TIMEOUT', 'TOOL_FAILED', 'PROVIDER_UNAVAILABLE'],
};
const defaultConcurrency = 16;
/** Items that are scopes of one engine at once. */
const mostItemsOpen = 500;
/** Beyond this a sub-plan has a child workflow, and with it a history, of its own. */
const inlineTasks = 200;

/**
 * Fixes all that a run will read: template versions, tools' flags, limits, and where each task runs. The
 * document has been validated; a name that is unknown all the same is refused.
 */
export function bindPlan(
  plan: PlanDocument,
  catalogue: BindCatalogue,
  version: number | null = null,
): BoundPlan {
  const tasks = plan.tasks.map((task) => bindTask(task, plan, catalogue));
  const bound: BoundPlan = {
    engine: engineVersion,
    name: plan.name ?? 'plan',
    version,
    tasks,
    output: plan.output,
    inputs: plan.inputs,
    concurrency: plan.concurrency ?? defaultConcurrency,
    ...(plan.effects === 'compensate' ? { effects: plan.effects } : {}),
    opensLocal: false,
  };
  const all = [...planIndex(bound).nodes.values()];
  const opens = all.every(({ task }) => task.place === 'segment' || task.place === 'inline');
  return {
    ...bound,
    opensLocal:
      opens &&
      runsLocally(
        bound,
        all.map((node) => node.path),
      ),
  };
}

function bindTask(task: PlanTask, plan: PlanDocument, catalogue: BindCatalogue): BoundTask {
  const spec = bindSpec(task, plan, catalogue);
  const expectedMs = expected(spec, catalogue);
  const hasTimeout = spec.kind === 'tool' || spec.kind === 'model' || spec.kind === 'agent';
  return {
    id: task.id,
    kind: task.kind,
    title: task.title,
    needs: task.needs ?? [],
    when: task.when === undefined ? undefined : condition(task.when),
    timeoutMs:
      task.timeout === undefined ? (hasTimeout ? defaultTimeoutMs : undefined) : parseDuration(task.timeout),
    deadlineMs: task.deadline === undefined ? undefined : parseDuration(task.deadline),
    retry: bindRetry(task),
    onError: bindOnError(task, plan),
    priority: task.priority,
    ...(task.requires ? { requires: task.requires } : {}),
    place: place(task, spec, expectedMs, task.grain ?? plan.grain ?? 'auto'),
    expectedMs,
    spec,
  };
}

/** What a plan says for all its tasks is, of `escalate`, for those that a person can have tried again. */
function bindOnError(task: PlanTask, plan: PlanDocument): BoundTask['onError'] {
  const onError = task.onError ?? plan.onError ?? 'fail';
  return onError === 'escalate' && containerKinds.has(task.kind) ? 'fail' : onError;
}

const containerKinds: ReadonlySet<string> = new Set(['map', 'branch', 'loop', 'plan']);

function condition(when: boolean | string): string {
  return typeof when === 'string' ? when : `\${${when}}`;
}

function bindCompensation({ tool, with: given = {}, timeout, retry }: Compensation): BoundCompensation {
  return {
    tool,
    with: given,
    timeoutMs: timeout === undefined ? defaultTimeoutMs : parseDuration(timeout),
    retry: bindRetry({ retry }),
  };
}

function bindRetry({ retry: given }: Pick<PlanTask, 'retry'>): BoundRetry {
  return {
    maxAttempts: given?.maxAttempts ?? defaultRetry.maxAttempts,
    initialMs: given?.initial === undefined ? defaultRetry.initialMs : parseDuration(given.initial),
    factor: given?.factor ?? defaultRetry.factor,
    maxMs: given?.max === undefined ? defaultRetry.maxMs : parseDuration(given.max),
    on: given?.on ?? defaultRetry.on,
  };
}

function bindSpec(task: PlanTask, plan: PlanDocument, catalogue: BindCatalogue): BoundSpec {
  switch (task.kind) {
    case 'tool': {
      const facts = catalogue.tool(task.tool) ?? unknown('tool', task.tool);
      return {
        kind: 'tool',
        tool: task.tool,
        with: task.with ?? {},
        effect: facts.effect,
        ...(task.compensate ? { compensate: bindCompensation(task.compensate) } : {}),
        ...(facts.undoes && !task.compensate ? { undoes: true } : {}),
      };
    }
    case 'model': {
      const { model, prompt, messages, system, output, maxTokens, temperature, seed } = task;
      const cache = task.cache && { ttlMs: parseDuration(task.cache.ttl) };
      const call = { model, prompt, messages, system, output, maxTokens, temperature, seed, cache };
      return {
        kind: 'model',
        call: Object.fromEntries(Object.entries(call).filter(([, v]) => v !== undefined)) as never,
      };
    }
    case 'agent': {
      const agent = catalogue.agent(task.agent) ?? unknown('agent', task.agent);
      return {
        kind: 'agent',
        agent: { ...agent, limits: { ...agent.limits, ...given(task.limits) } },
        with: task.with ?? {},
      };
    }
    case 'wait':
      return { kind: 'wait', for: task.for, until: task.until };
    case 'plan':
      if (task.goal !== undefined) return { kind: 'goal', goal: task.goal, with: task.with ?? {} };
      return { kind: 'plan', with: task.with ?? {}, plan: bindSubPlan(task, plan, catalogue) };
    case 'branch':
      return {
        kind: 'branch',
        cases: task.cases.map((one) => ({
          if: condition(one.if),
          tasks: bindBody(one.do, task, plan, catalogue),
        })),
        otherwise: task.else === undefined ? null : bindBody(task.else, task, plan, catalogue),
      };
    case 'loop':
      return {
        kind: 'loop',
        while: condition(task.while),
        maxIterations: task.maxIterations,
        tasks: bindBody(task.do, task, plan, catalogue),
      };
    case 'map':
      return bindMap(task, plan, catalogue);
    case 'approval': {
      const { question, context, answer, quorum = 1, role, onTimeout = 'reject', escalateTo } = task;
      return { kind: 'approval', question, context, answer, quorum, role, onTimeout, escalateTo };
    }
  }
}

/** Tasks of a container's body; its `grain` is theirs, unless they say otherwise. */
function bindBody(
  tasks: readonly PlanTask[],
  { grain }: PlanTask,
  plan: PlanDocument,
  catalogue: BindCatalogue,
): BoundTask[] {
  const outer = grain === undefined ? plan : { ...plan, grain };
  return tasks.map((task) => bindTask(task, outer, catalogue));
}

/**
 * A batch is handled by one activity where the body is a single call that may be made again after a crash. Other
 * bodies are scopes of the run's engine, as many at once as the batches would hold.
 */
function bindMap(task: MapTask, plan: PlanDocument, catalogue: BindCatalogue): BoundSpec {
  const tasks = bindBody(task.do, task, plan, catalogue);
  const [only, ...others] = tasks;
  const isCall =
    others.length === 0 &&
    only?.requires === undefined &&
    only?.onError !== 'escalate' &&
    isRepeatable(only?.spec);
  const concurrency = task.concurrency ?? plan.concurrency ?? defaultConcurrency;
  const batch = task.batch ?? 1;
  const inBatches = isCall && task.batch !== undefined;
  return {
    kind: 'map',
    over: task.over,
    as: task.as ?? 'item',
    concurrency: inBatches ? concurrency : Math.min(mostItemsOpen, concurrency * batch),
    batch: inBatches ? batch : null,
    onItemError: task.onItemError ?? 'fail',
    tasks,
  };
}

/** Whether a call may be made again without another thought: what is to be undone is registered one by one. */
function isRepeatable(spec: BoundSpec | undefined): boolean {
  if (spec?.kind !== 'tool') return spec?.kind === 'model';
  return spec.effect !== 'unkeyed' && spec.effect !== 'irreversible' && !spec.compensate && !spec.undoes;
}

function given<T extends object>(limits: T | undefined): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value !== undefined)) as never;
}

function bindSubPlan(task: SubPlanTask, outer: PlanDocument, catalogue: BindCatalogue): BoundPlan {
  const inherit = (document: PlanDocument): PlanDocument => ({
    ...document,
    ...(document.grain === undefined && outer.grain !== undefined ? { grain: outer.grain } : {}),
    // Whether what was done is taken back is the run's to say.
    effects: undefined,
  });
  if (task.plan) return bindPlan(inherit(task.plan), catalogue);
  const [name = '', version] = task.template?.split('@') ?? [];
  const template = catalogue.template(name, version === undefined ? undefined : Number(version));
  if (!template) return unknown('template', task.template ?? '');
  return bindPlan(inherit(template.document), catalogue, template.version);
}

function unknown(what: string, name: string): never {
  throw nexusError('BAD_USER_INPUT', `unknown ${what} "${name}"`);
}

function expected(spec: BoundSpec, catalogue: BindCatalogue): number {
  if (spec.kind === 'tool') return catalogue.tool(spec.tool)?.expectedMs ?? defaultTimeoutMs;
  // A container takes what its tasks take, and those are counted by themselves.
  return spec.kind === 'model' || spec.kind === 'agent' || spec.kind === 'goal' ? 10_000 : 0;
}

function place(task: PlanTask, spec: BoundSpec, expectedMs: number, grain: 'auto' | 'task'): Place {
  switch (spec.kind) {
    case 'wait':
    case 'approval':
      return 'timer';
    case 'agent':
      return 'child';
    case 'goal':
      return 'child';
    case 'map':
      return 'inline';
    case 'branch':
    case 'loop':
      return grain === 'auto' && !isLimited(task) && bodiesOf(spec).every(isShortBody) ? 'segment' : 'inline';
    case 'plan':
      return grain === 'task' || isLimited(task) || isLong(spec.plan) ? 'child' : 'inline';
    case 'model':
      return 'activity';
    case 'tool': {
      const short =
        expectedMs <= shortMs &&
        spec.effect !== 'unkeyed' &&
        task.priority === undefined &&
        task.requires === undefined;
      return grain === 'auto' && short ? 'segment' : 'activity';
    }
  }
}

/** Whether it has a time limit as a whole: then somebody must be there to keep it. */
function isLimited(task: PlanTask): boolean {
  return task.timeout !== undefined || task.deadline !== undefined;
}

/** Whether a body holds nothing but what one segment can do. */
function isShortBody(tasks: readonly BoundTask[]): boolean {
  return tasks.every(
    ({ place: where, spec }) =>
      where === 'segment' || (where === 'inline' && spec.kind === 'plan' && isShortBody(spec.plan.tasks)),
  );
}

function isLong(plan: BoundPlan): boolean {
  const nodes = [...planIndex(plan).nodes.values()];
  return (
    nodes.length > inlineTasks || nodes.some(({ task }) => task.place === 'timer' || task.place === 'child')
  );
}
