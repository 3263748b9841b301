import type { TaskKind } from '#contracts';
import { taskKinds } from '#contracts';
import { isJsonObject } from '../json.js';
import type { Check } from './context.js';
import type { OutlinePlan } from './outline.js';

/** Names everything in a plan that this version cannot run. */
export function checkAvailability(plan: OutlinePlan, { context: { available }, findings }: Check): void {
  const { raw, keys } = plan;
  if (raw.effects === 'compensate' && !available.compensateEffects) {
    findings.notYet([...keys, 'effects'], 'effects: compensate');
  }
  if (raw.onError === 'escalate' && !available.escalate)
    findings.notYet([...keys, 'onError'], 'onError: escalate');
  for (const task of plan.tasks) {
    const at = (field: string): (string | number)[] => [...task.keys, field];
    const kind = taskKinds.find((known) => known === task.kind);
    if (kind && !available.kinds[kind satisfies TaskKind]) findings.notYet(at('kind'), `kind: ${kind}`);
    if (task.raw.onError === 'escalate' && !available.escalate)
      findings.notYet(at('onError'), 'onError: escalate');
    if (kind === 'tool' && isJsonObject(task.raw.compensate) && !available.compensate) {
      findings.notYet(at('compensate'), 'compensate');
    }
    if (kind === 'tool' && task.raw.cache !== undefined && !available.cache)
      findings.notYet(at('cache'), 'cache');
    if (task.raw.requires !== undefined && !available.requires) findings.notYet(at('requires'), 'requires');
    if (kind === 'plan' && task.raw.goal !== undefined && !available.plannedSubPlans) {
      findings.notYet(at('goal'), 'planning a sub-plan from a goal');
    }
  }
}
