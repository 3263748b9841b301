import { z } from 'zod';
import {
  AgentLimits,
  CachePolicy,
  Compensation,
  Condition,
  Duration,
  DurationOrExpression,
  Grain,
  Json,
  JsonFields,
  ModelMessage,
  MomentOrExpression,
  OnError,
  RetryPolicy,
  Schema,
  TaskId,
} from './document-fields.js';

const name = z.string().regex(/^[^\s@](?:[^@]{0,198}[^\s@])?$/, {
  error: 'a name is 1 to 200 characters, without @ and outer blanks',
});
const count = z.int().min(1);

const common = {
  id: TaskId.default('item').describe('Unique in the plan; may be left out in the `do` of a map only'),
  title: z.string().max(200).optional().describe('What people read instead of the id'),
  needs: z.array(z.string()).optional().describe('Siblings that end before this task starts'),
  when: Condition.optional().describe('False: the task is SKIPPED'),
  timeout: Duration.optional().describe(
    'Of one attempt; default 10m, none for approvals, waits and containers',
  ),
  deadline: Duration.optional().describe('Of all attempts together; default none'),
  retry: RetryPolicy.optional(),
  onError: OnError.optional(),
  priority: z.int().min(1).max(5).optional().describe('1 (first) to 5 (last)'),
  requires: z.record(z.string(), z.string()).optional().describe('Labels that a worker must offer'),
  grain: Grain.optional(),
};

/** Calls a tool. */
export const ToolTask = z.strictObject({
  ...common,
  kind: z.literal('tool'),
  tool: z.string().min(1),
  with: JsonFields.optional(),
  cache: CachePolicy.optional().describe('Tools without effects only'),
  compensate: Compensation.optional().describe('Registered before the effect, run on rollback'),
});
export type ToolTask = z.infer<typeof ToolTask>;

/** Calls a model once. Takes `prompt` or `messages`. */
export const ModelTask = z.strictObject({
  ...common,
  kind: z.literal('model'),
  model: z.string().min(1),
  prompt: z.string().optional(),
  messages: z.union([z.array(ModelMessage).min(1), z.string()]).optional(),
  system: z.string().optional(),
  output: Schema.optional().describe('JSON Schema of the object that the model must give'),
  maxTokens: count.optional(),
  temperature: z.number().min(0).max(2).optional(),
  seed: z.int().optional(),
  cache: CachePolicy.optional().describe('An equal call that was answered within that time: its answer'),
});
export type ModelTask = z.infer<typeof ModelTask>;

/** Lets an agent work until it has a result. */
export const AgentTask = z.strictObject({
  ...common,
  kind: z.literal('agent'),
  agent: z.string().min(1),
  with: JsonFields.optional(),
  limits: AgentLimits.optional(),
});
export type AgentTask = z.infer<typeof AgentTask>;

/** Asks a person. */
export const ApprovalTask = z.strictObject({
  ...common,
  kind: z.literal('approval'),
  question: z.string().min(1),
  context: Json.optional(),
  answer: Schema.optional().describe('JSON Schema of the answer, if one is wanted'),
  quorum: count.optional().describe('People who must approve; one who rejects is enough. Default 1'),
  role: z.string().min(1).optional().describe('Whom it asks; default anybody who may approve'),
  onTimeout: z.enum(['reject', 'approve', 'escalate']).optional().describe('Default reject'),
  escalateTo: z.string().min(1).optional(),
});
export type ApprovalTask = z.infer<typeof ApprovalTask>;

/** Waits `for` a duration or `until` a moment. */
export const WaitTask = z.strictObject({
  ...common,
  kind: z.literal('wait'),
  for: DurationOrExpression.optional(),
  until: MomentOrExpression.optional(),
});
export type WaitTask = z.infer<typeof WaitTask>;

const mapFields = z.strictObject({
  ...common,
  kind: z.literal('map'),
  over: z.union([z.string(), z.array(Json)]),
  as: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'a name that expressions can read: letters, digits and _' })
    .optional()
    .describe('Name of the item in expressions; default item'),
  concurrency: count.optional(),
  batch: count.optional().describe('Items handled by one activity; default 1'),
  onItemError: z.enum(['collect', 'fail']).optional().describe('Default fail'),
});

const branchFields = z.strictObject({ ...common, kind: z.literal('branch') });
const branchCaseFields = z.strictObject({ if: Condition });

const loopFields = z.strictObject({
  ...common,
  kind: z.literal('loop'),
  while: Condition.describe('Asked before each turn'),
  maxIterations: count,
});

const subPlanFields = z.strictObject({
  ...common,
  kind: z.literal('plan'),
  template: z
    .string()
    .regex(/^[^@]+(?:@[1-9]\d*)?$/, { error: 'write name or name@version' })
    .optional()
    .describe('name, or name@version; without one the newest at validation'),
  goal: z.string().min(1).optional().describe('Planned at that moment'),
  with: JsonFields.optional().describe("The sub-plan's inputs"),
});

const documentFields = z.strictObject({
  version: z.literal(1).default(1).describe('Of the plan language'),
  name: name.optional(),
  description: z.string().optional(),
  match: z
    .array(z.string().min(1))
    .optional()
    .describe('Goals this template answers without a model; * is any text'),
  inputs: Schema.optional().describe('JSON Schema of the inputs'),
  effects: z.enum(['compensate', 'keep']).optional().describe('When the run fails; default keep'),
  onError: OnError.optional().describe('Default for tasks; default fail'),
  concurrency: count.optional().describe('Tasks of a run at once'),
  grain: Grain.optional().describe('auto (default): short tasks share an activity; task: each has its own'),
  output: Json.optional().describe('What the run puts out'),
});

// The recursive half is written out: TypeScript cannot infer a type through its own schema.
export interface MapTask extends z.infer<typeof mapFields> {
  do: PlanTask[];
}
export interface BranchCase extends z.infer<typeof branchCaseFields> {
  do: PlanTask[];
}
export interface BranchTask extends z.infer<typeof branchFields> {
  cases: BranchCase[];
  else?: PlanTask[] | undefined;
}
export interface LoopTask extends z.infer<typeof loopFields> {
  do: PlanTask[];
}
export interface SubPlanTask extends z.infer<typeof subPlanFields> {
  plan?: PlanDocument | undefined;
}
export type PlanTask =
  ToolTask | ModelTask | AgentTask | ApprovalTask | WaitTask | MapTask | BranchTask | LoopTask | SubPlanTask;
export interface PlanDocument extends z.infer<typeof documentFields> {
  tasks: PlanTask[];
}

const oneOrMore = (): z.ZodType<PlanTask[]> =>
  z
    .union([PlanTask, z.array(PlanTask).min(1)])
    .transform((inner) => (Array.isArray(inner) ? inner : [inner]));
const anyNumber = (): z.ZodType<PlanTask[]> =>
  z.union([PlanTask, z.array(PlanTask)]).transform((inner) => (Array.isArray(inner) ? inner : [inner]));

/** Does the same for each item. */
export const MapTask = mapFields.extend({
  get do(): z.ZodType<PlanTask[]> {
    return oneOrMore().describe('Done for each item; a task without an id is `item`');
  },
});

export const BranchCase = branchCaseFields.extend({
  get do(): z.ZodType<PlanTask[]> {
    return anyNumber();
  },
});

/** Does what the first true case says. */
export const BranchTask = branchFields.extend({
  cases: z.array(BranchCase).min(1),
  get else(): z.ZodOptional<z.ZodType<PlanTask[]>> {
    return anyNumber().optional();
  },
});

/** Repeats while a condition holds. */
export const LoopTask = loopFields.extend({
  get do(): z.ZodType<PlanTask[]> {
    return oneOrMore();
  },
});

/** Runs a plan within the plan. Takes `template`, `plan` or `goal`. */
export const SubPlanTask = subPlanFields.extend({
  get plan(): z.ZodOptional<z.ZodType<PlanDocument>> {
    return PlanDocument.optional();
  },
});

/** A task of any kind. Parsed, `do` and `else` are lists, and every task has an id. */
export const PlanTask = z
  .discriminatedUnion('kind', [
    ToolTask,
    ModelTask,
    AgentTask,
    ApprovalTask,
    WaitTask,
    MapTask,
    BranchTask,
    LoopTask,
    SubPlanTask,
  ])
  .meta({ id: 'Task' });

/** A plan as people and planners write it. What a schema cannot say, `validatePlan` checks. */
export const PlanDocument: z.ZodType<PlanDocument> = documentFields.extend({
  tasks: z.array(PlanTask).min(1),
});

/** The fields of a plan, for hints. */
export const documentFieldNames: readonly string[] = [...Object.keys(documentFields.shape), 'tasks'];
