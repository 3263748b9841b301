import type { Pause, RunBudget } from '#contracts';
import type { Batch, EngineEvent, EngineState } from '#plan/engine';
import {
  batches,
  isHeld,
  nextWallTrigger,
  nodeOf,
  planIndex,
  reachedTriggers,
  startable,
} from '#plan/engine';
import { log, patched, sleep } from '@temporalio/workflow';
import { activityFailure } from './activity-failure.js';
import type { AllottedBatch } from './allowances.js';
import { allot } from './allowances.js';
import type { Children } from './children.js';
import { triggerReason, usedUp } from './limits.js';
import type { Outgoing } from './outgoing.js';
import { nudged, pauseRequested } from './pause-gate.js';
import { remote } from './run-activities.js';
import type { RunEngine } from './run-engine.js';
import type { PlannedRun } from './run-input.js';
import type { WorkersHold } from './workers-hold.js';

/** Holds a run to its budget, and does what its triggers say. */
export interface LimitWatch {
  /** A budget that is used up stands in the way of whoever would call a model. */
  keepToBudget(): void;
  /** Of these batches those that may begin, with what each may use where the budget limits it. */
  allot(batches: readonly Batch[]): (Batch & Partial<AllottedBatch>)[];
  /** Does what triggers say, and sees to it that those on time are heard. */
  actOnTriggers(): void;
  setBudget(budget: RunBudget): void;
  /** What the ledger says that the whole tree has cost so far: triggers go by it. */
  spent(nanos: number): void;
  /** The ledger has refused a call of the tree: a person is asked. */
  overdrawn(detail: string): void;
  budget(): RunBudget | undefined;
  /** Triggers that have acted, by their place in the list. */
  fired(): readonly number[];
  ledgerNanos(): number;
}

export function createLimitWatch(
  input: PlannedRun,
  engine: RunEngine,
  children: Children,
  tell: (...events: EngineEvent[]) => void,
  workers: WorkersHold,
  outgoing: Outgoing,
): LimitWatch {
  const { tenant, runId } = input;
  let budget = input.budget;
  let fired = input.fired ?? input.state?.fired ?? [];
  let ledgerNanos = input.ledgerNanos ?? 0;
  let wallTimer: number | undefined;
  let allotted: readonly AllottedBatch[] = [];
  const triggers = input.triggers ?? [];

  function callsModels({ path }: Batch): boolean {
    const { spec } = nodeOf(planIndex(engine.plan), path).task;
    return spec.kind === 'map' && spec.tasks.some(({ kind }) => kind === 'model');
  }

  function holdRun(pause: Pause): void {
    if (engine.state.outcome || engine.state.cancelling) return;
    engine.advance({ type: 'pause', at: Date.now(), pause });
    children.see();
    children.tellAll(pauseRequested, pause);
    workers.hold(pause);
  }

  function kill(reason: string): void {
    const killing = remote.killRun({ tenant, runId, reason }).catch((error: unknown) => {
      log.error(`the run could not be killed by ${reason}`, { runId, failure: activityFailure(error) });
    });
    outgoing.add(killing);
  }

  /** At once; that it is on record stops the workers, and the signal that comes of it tells nothing new. */
  function rollBack(reason: string): void {
    const by = 'a trigger';
    children.cancelAll();
    engine.advance({ type: 'rollback', at: Date.now(), by, reason });
    const request = remote.requestRollback({ tenant, runId, by, reason }).catch((error: unknown) => {
      log.error('the rollback begins without a record of who wanted it', {
        runId,
        failure: activityFailure(error),
      });
    });
    outgoing.add(request);
  }

  /** A person is asked for more; what stands in the way stays until there is. */
  function askForMore(detail: string): void {
    if (input.reportTo === undefined) engine.advance({ type: 'overdrawn', at: Date.now(), detail });
  }

  /** What it has cost by the ledger, which hears of calls before the tasks that make them have ended. */
  function stateByLedger(): EngineState {
    const { state } = engine;
    const costNanos = Math.max(state.usage.costNanos, ledgerNanos);
    return { ...state, usage: { ...state.usage, costNanos } };
  }

  function isHeldBy(source: Pause['source']): boolean {
    return engine.state.pauses?.some((pause) => pause.source === source) ?? false;
  }

  function deadlineAhead(now: number): number {
    const { deadline = 0 } = budget ?? {};
    return deadline > now ? deadline : Infinity;
  }

  return {
    keepToBudget() {
      const detail = usedUp(engine.state, budget);
      if (detail === null || isHeld(engine.state)) return;
      const asksPeople = patched('budget-question');
      const index = planIndex(engine.plan);
      if (batches(engine.plan, engine.state).some(callsModels)) {
        holdRun({ source: 'BUDGET', by: 'the budget', reason: detail, since: Date.now() });
        if (asksPeople) askForMore(detail);
        return;
      }
      const wait = { kind: 'BUDGET', detail } as const;
      for (const path of startable(engine.plan, engine.state)) {
        const { kind } = nodeOf(index, path).task;
        if (kind !== 'model' && kind !== 'agent') continue;
        engine.advance({ type: 'blocked', path, at: Date.now(), wait });
        if (asksPeople) askForMore(detail);
      }
    },
    allot(all) {
      const calling = all.filter(callsModels);
      if (!budget || calling.length === 0 || !patched('batch-allowance')) return [...all];
      allotted = allotted.filter(({ path, first }) => engine.state.tasks[path]?.map?.open.includes(first));
      const begun = allot(calling, engine.state.usage, budget, allotted);
      allotted = [...allotted, ...begun];
      return [...all.filter((batch) => !callsModels(batch)), ...begun];
    },
    actOnTriggers() {
      const now = Date.now();
      if (budget?.deadline !== undefined && budget.deadline <= now && !isHeldBy('BUDGET')) {
        holdRun({ source: 'BUDGET', by: 'the budget', reason: 'its deadline has passed', since: now });
        if (patched('budget-question')) askForMore('the deadline of its budget has passed');
      }
      const reached = reachedTriggers(stateByLedger(), triggers, fired, now);
      fired = [...fired, ...reached];
      for (const place of reached) {
        const trigger = triggers[place];
        if (!trigger) continue;
        const reason = triggerReason(trigger);
        if (trigger.do === 'KILL') kill(reason);
        else if (trigger.do === 'ROLLBACK' && patched('trigger-rollback')) rollBack(reason);
        else holdRun({ source: 'TRIGGER', by: 'a trigger', reason, since: now });
      }
      const due = Math.min(nextWallTrigger(engine.state, triggers, fired) ?? Infinity, deadlineAhead(now));
      if (due === Infinity || due === wallTimer || engine.state.outcome) return;
      wallTimer = due;
      void sleep(Math.max(1, due - now)).then(() => tell());
    },
    setBudget(next) {
      budget = next;
      tell({ type: 'budget', at: Date.now() });
      const late = next.deadline !== undefined && next.deadline <= Date.now();
      if (!late && isHeldBy('BUDGET')) {
        tell({ type: 'resume', at: Date.now(), sources: ['BUDGET'] });
        workers.letGo(['BUDGET'], 'the budget');
      }
      tell({ type: 'nudge', at: Date.now() });
      if (patched('budget-tells-children')) children.tellAll(nudged);
    },
    spent(nanos) {
      ledgerNanos = Math.max(ledgerNanos, nanos);
      tell();
    },
    overdrawn: (detail) => tell({ type: 'overdrawn', at: Date.now(), detail }),
    budget: () => budget,
    fired: () => fired,
    ledgerNanos: () => ledgerNanos,
  };
}
