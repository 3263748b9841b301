import type { DecideSignal, RetrySignal, RollbackSignal, RunBudget, SkipSignal } from '#contracts';
import { defineSignal } from '@temporalio/workflow';

/** A person's retry of a task; its path is the full one. */
export const retryRequested = defineSignal<[RetrySignal]>('retryTask');

/** A person's decision that a task counts as done; its path is the full one. */
export const skipRequested = defineSignal<[SkipSignal]>('skipTask');

/** Other limits for the run as a whole. */
export const budgetSet = defineSignal<[RunBudget]>('setBudget');

/** What a person has decided of something that the run asked. */
export const decisionMade = defineSignal<[DecideSignal]>('decide');

/** What the run has done is to be taken back. */
export const rollbackRequested = defineSignal<[RollbackSignal]>('rollback');
