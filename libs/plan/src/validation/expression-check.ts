import type { JsonValue } from '#contracts';
import { holdsExpression } from '../document-fields.js';
import { checkExpressions } from '../expression/check.js';
import { onlyExpression, parseText } from '../expression/parse.js';
import { forEachText, readsOf, taskFields } from '../expression/references.js';
import type { Read } from '../expression/references.js';
import { functionNames, insteadOf } from '../expression/vocabulary.js';
import type { Key } from '../fault.js';
import { isJsonObject } from '../json.js';
import type { Check } from './context.js';
import { expressionPlaces, literalPlaces } from './expression-places.js';
import { containersOf } from './needs.js';
import type { OutlinePlan, OutlineTask } from './outline.js';
import { taskReadFault } from './visible-tasks.js';

const membersOf: Readonly<Record<string, readonly string[]>> = {
  self: ['input', 'output', 'idempotencyKey'],
  loop: ['index', 'last'],
  run: ['id', 'startedAt'],
};
const reserved = new Set([
  'inputs',
  'tasks',
  'self',
  'loop',
  'run',
  'index',
  'undefined',
  'true',
  'false',
  'null',
  ...functionNames,
]);

/** Checks every expression of a plan: its syntax, and that all it reads is there to be read. */
export function checkPlanExpressions(plan: OutlinePlan, check: Check): void {
  const { findings } = check;
  for (const task of plan.tasks) {
    const names = namesIn(task);
    for (const place of expressionPlaces(task)) {
      if (place.form === 'one') checkForm(place.value, place.keys, check);
      checkReads(place.value, place.keys, new Set([...names, ...place.names]), plan, task, check);
    }
    for (const { keys, value } of literalPlaces(task)) {
      if (holdsExpression(value)) findings.fault(keys, 'expressions are not evaluated here');
    }
    const { as } = task.raw;
    if (task.kind === 'map' && typeof as === 'string' && reserved.has(as)) {
      findings.fault(
        [...task.keys, 'as'],
        `"${as}" means something else in expressions`,
        'choose another name',
      );
    }
    const { compensate } = task.raw;
    if (isJsonObject(compensate) && compensate.with !== undefined) warnOfOutput(task, compensate.with, check);
  }
  const { output } = plan.raw;
  if (output !== undefined) {
    checkReads(output, [...plan.keys, 'output'], new Set(['inputs', 'tasks', 'run']), plan, undefined, check);
  }
}

/** The names that a task's expressions may read, by what is around it. */
function namesIn(task: OutlineTask): string[] {
  const names = ['inputs', 'tasks', 'run'];
  for (const container of containersOf(task)) {
    if (container.kind === 'loop') names.push('loop');
    if (container.kind === 'map') {
      names.push('index', typeof container.raw.as === 'string' ? container.raw.as : 'item');
    }
  }
  return names;
}

function checkForm(value: JsonValue, keys: readonly Key[], { findings }: Check): void {
  if (typeof value !== 'string') return;
  const parsed = parseText(value);
  if (parsed.errors.length > 0 || onlyExpression(parsed)) return;
  const hint = holdsExpression(value) ? 'put all of it inside one ${ }' : `write "\${${value.trim()}}"`;
  findings.fault(keys, 'expected one expression in ${ } and nothing else', hint);
}

function checkReads(
  value: JsonValue,
  base: readonly Key[],
  names: ReadonlySet<string>,
  plan: OutlinePlan,
  task: OutlineTask | undefined,
  check: Check,
): void {
  for (const { keys, message } of checkExpressions(value)) check.findings.fault([...base, ...keys], message);
  forEachText(value, (text, keys) => {
    for (const read of readsOf(text)) checkRead(read, [...base, ...keys], names, plan, task, check);
  });
}

function checkRead(
  read: Read,
  keys: readonly Key[],
  names: ReadonlySet<string>,
  plan: OutlinePlan,
  task: OutlineTask | undefined,
  check: Check,
): void {
  const { findings, suggest } = check;
  const [first, second] = read.members;
  if (!names.has(read.name)) {
    findings.fault(
      keys,
      unknownName(read, plan),
      suggest(read.name, names) ?? hintForName(read.name, plan, names),
    );
  } else if (read.name === 'tasks') {
    if (first === undefined) {
      findings.fault(keys, 'a task is read by its name, written out: tasks.<id> or tasks["<id>"]');
      return;
    }
    const fault = taskReadFault(first, plan, task, suggest);
    if (fault) findings.fault(keys, fault.message, fault.hint);
    else if (second !== undefined && !(taskFields as readonly string[]).includes(second)) {
      const hint = suggest(second, taskFields) ?? `write tasks.${first}.output.${second}`;
      findings.fault(keys, `a task has ${taskFields.join(', ')}, but no "${second}"`, hint);
    }
  } else if (read.name === 'inputs') {
    if (first !== undefined) checkInput(first, keys, plan, check);
  } else {
    const members = membersOf[read.name];
    if (members && first !== undefined && !members.includes(first)) {
      findings.fault(
        keys,
        `"${read.name}" has ${members.join(', ')}, but no "${first}"`,
        suggest(first, members),
      );
    }
  }
}

function checkInput(
  name: string,
  keys: readonly Key[],
  plan: OutlinePlan,
  { findings, suggest }: Check,
): void {
  const { inputs } = plan.raw;
  if (!isJsonObject(inputs) || !isJsonObject(inputs.properties)) return;
  if (Object.hasOwn(inputs.properties, name)) return;
  const hint = suggest(name, Object.keys(inputs.properties));
  if (inputs.additionalProperties === false && inputs.patternProperties === undefined) {
    findings.fault(keys, `unknown input "${name}"`, hint);
  } else if (hint !== undefined) {
    findings.warn(keys, `the schema of the inputs does not name "${name}"`, hint);
  }
}

function unknownName(read: Read, plan: OutlinePlan): string {
  const scoped: Readonly<Record<string, string>> = {
    self: 'only in the "with" of a "compensate"',
    loop: 'only in a loop',
    index: 'only in a map',
  };
  const where = scoped[read.name];
  if (where) return `"${read.name}" can be read ${where}`;
  const map = plan.tasks.find((task) => task.kind === 'map' && (task.raw.as ?? 'item') === read.name);
  return map
    ? `"${read.name}" can be read only in "${map.id}"`
    : `unknown name "${read.name}"${insteadOf(read.name)}`;
}

function hintForName(name: string, plan: OutlinePlan, names: ReadonlySet<string>): string | undefined {
  if (names.has('tasks') && plan.tasks.some(({ id }) => id === name)) return `write tasks.${name}`;
  const { inputs } = plan.raw;
  const isInput =
    isJsonObject(inputs) && isJsonObject(inputs.properties) && Object.hasOwn(inputs.properties, name);
  if (isInput) return `write inputs.${name}`;
  const dashed = plan.tasks.find(({ id }) => id?.endsWith(`-${name}`));
  return dashed ? `a name with - is read as tasks["${dashed.id}"]` : undefined;
}

/** What an effect put out is not known when it was cut off, which is when compensation matters most. */
function warnOfOutput(task: OutlineTask, value: JsonValue, { findings }: Check): void {
  forEachText(value, (text, keys) => {
    const readsOutput = readsOf(text).some(
      ({ name, members }) => name === 'self' && (members[0] === undefined || members[0] === 'output'),
    );
    if (!readsOutput) return;
    findings.warn(
      [...task.keys, 'compensate', 'with', ...keys],
      'self.output is null when the outcome of the effect is unknown',
      'self.idempotencyKey and self.input are always known',
    );
  });
}
