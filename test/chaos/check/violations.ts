import type { Expectation } from '../model/expectation.js';
import type { Outside } from '../outside/ledger.js';
import type { ShownEvent, ShownRun } from '../../e2e/runs.js';

/** A run as it has come to rest, with all that is known of it. */
export interface Settled {
  readonly run: ShownRun;
  readonly expected: Expectation;
  /** All that the ledger has of it. */
  readonly outside: readonly Outside[];
  /** What a subscriber saw that came back with its cursor after each crash; absent when there was none. */
  readonly followed?: readonly ShownEvent[] | undefined;
  /** Whether somebody has asked for its end. */
  readonly stopped?: 'CANCELLED' | 'KILLED' | undefined;
}

const ended = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'KILLED'];
/** Of these several may come in one millisecond, in the same words. */
const flowing = ['task.output', 'task.progress', 'model.delta'];
const endings: Readonly<Record<string, string>> = {
  'task.succeeded': 'SUCCEEDED',
  'task.failed': 'FAILED',
  'task.skipped': 'SKIPPED',
  'task.cancelled': 'CANCELLED',
};

/** Everything about the run that must not be; each as a sentence. */
export function violations(settled: Settled): string[] {
  return [...ofState(settled), ...ofEffects(settled), ...ofEvents(settled)].map(
    (what) => `${settled.run.id}: ${what}`,
  );
}

/** A person must decide about it: then it stands still until one does. */
export function isUncertain(run: ShownRun): boolean {
  return run.tasks.some(({ status }) => status === 'UNCERTAIN');
}

function ofState({ run, expected, stopped }: Settled): string[] {
  const found: string[] = [];
  if (!ended.includes(run.status)) return [`it is ${run.status} and has not ended`];
  const byItself = run.status === expected.status;
  const allowed = expected.anyEnd && ended.includes(run.status);
  if (!byItself && !allowed && run.status !== stopped) {
    found.push(`it ended ${run.status}, expected ${expected.status}: ${JSON.stringify(run.error)}`);
  }
  if (byItself && run.status === 'SUCCEEDED' && !same(run.output, expected.output)) {
    found.push(`its output is ${JSON.stringify(run.output)}, expected ${JSON.stringify(expected.output)}`);
  }
  for (const { path, status } of run.tasks) {
    if (!['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'].includes(status)) {
      // Uncertain for ever is the truth about an effect whose run was then ended.
      if (status !== 'UNCERTAIN' || run.status === 'SUCCEEDED') found.push(`task ${path} is left ${status}`);
    }
  }
  return found;
}

function ofEffects({ run, expected, outside }: Settled): string[] {
  const found: string[] = [];
  const byItself = run.status === expected.status && !isUncertain(run);
  const known = new Map(expected.effects.map((effect) => [effect.path, effect]));
  const statusOf = new Map(run.tasks.map(({ path, status }) => [path, status]));
  for (const path of new Set(outside.map((entry) => entry.path))) {
    if (!known.has(path) && outside.some((entry) => entry.path === path && entry.kind !== 'refused'))
      found.push(`${path} had an effect that the plan does not have`);
  }
  for (const { path, naive, must } of expected.effects) {
    const own = outside.filter((entry) => entry.path === path);
    const effects = own.filter(({ kind }) => kind === 'effect').length;
    const status = statusOf.get(path);
    if (effects > 1) found.push(`the effect of ${path} happened ${effects} times`);
    if (effects === 0 && status === 'SUCCEEDED')
      found.push(`${path} is SUCCEEDED, its effect never happened`);
    if (effects === 0 && must && byItself) found.push(`the effect of ${path} is lost (task: ${status})`);
    if (!naive && new Set(own.map(({ key }) => key)).size > 1) found.push(`${path} used several keys`);
  }
  const keys = new Map<string, string>();
  for (const { key, path } of outside) {
    if (key === null) continue;
    const other = keys.get(key);
    if (other !== undefined && other !== path) found.push(`${path} and ${other} share a key`);
    keys.set(key, path);
  }
  return found;
}

function ofEvents({ run, followed }: Settled): string[] {
  const found = ofStream(run.events, 'the event log');
  if (followed !== undefined) {
    found.push(...ofStream(followed, 'a subscriber'));
    // A subscription completes with the run's end; what an operator's command tells after that is in the log only.
    const until = run.events.findIndex(({ type }) => type === 'run.ended') + 1;
    const missed = run.events
      .slice(0, until)
      .filter(({ cursor }) => !followed.some((seen) => seen.cursor === cursor));
    if (missed.length > 0) found.push(`a subscriber missed ${missed.map(({ type }) => type).join(', ')}`);
  }
  const told = new Map<string, string[]>();
  const starts = new Set<string>();
  const heard = new Set<string>();
  for (const { type, taskPath, at, data } of run.events) {
    const words = JSON.stringify([type, taskPath, at, data]);
    if (heard.has(words) && !flowing.includes(type)) found.push(`${words} is told twice`);
    heard.add(words);
    if (taskPath === null) continue;
    const status = endings[type];
    if (status !== undefined) told.set(taskPath, [...(told.get(taskPath) ?? []), status]);
    if (type !== 'task.started') continue;
    const start = `${taskPath} attempt ${String(data?.['attempt'])}`;
    if (starts.has(start)) found.push(`the start of ${start} is told twice`);
    starts.add(start);
  }
  for (const [path, statuses] of told) {
    if (statuses.length > 1) found.push(`${path} is told ${statuses.length} times: ${statuses.join()}`);
  }
  for (const { path, status } of run.tasks) {
    const last = told.get(path)?.at(-1);
    if (last !== undefined && last !== status) found.push(`${path} is ${status}, its event says ${last}`);
    // Items of a map are told of by its progress alone.
    if (last === undefined && ['SUCCEEDED', 'FAILED'].includes(status) && !path.includes('['))
      found.push(`the end of ${path} (${status}) is not told`);
  }
  return found;
}

/** The gaps, repeats and ends of a stream of events. */
export function ofStream(events: readonly ShownEvent[], who: string): string[] {
  const found: string[] = [];
  const wrong = events.findIndex(({ cursor }, index) => cursor !== String(index + 1));
  if (wrong >= 0) found.push(`${who} has ${events[wrong]!.cursor} where ${wrong + 1} should be`);
  const ends = events.filter(({ type }) => type === 'run.ended').length;
  if (ends !== 1) found.push(`${who} has ${ends} ends of the run`);
  return found;
}

function same(left: unknown, right: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  return text(left) === text(right);
}
