import type { OverdrawnSignal, SpentSignal } from '#contracts';
import { defineSignal, setHandler } from '@temporalio/workflow';
import type { LimitWatch } from './limit-watch.js';
import { refusedCall } from './limits.js';

export const spentSignal = defineSignal<[SpentSignal]>('spent');
export const overdrawnSignal = defineSignal<[OverdrawnSignal]>('overdrawn');

/**
 * Hears what the ledger has for the run as a whole. It knows what calls of sub-plans and agents have cost, and which
 * were refused, long before these report. Only the run's own workflow is told.
 */
export function hearLedger(limits: Pick<LimitWatch, 'spent' | 'overdrawn'>): void {
  setHandler(spentSignal, (signal) => {
    if (typeof signal?.costNanos === 'number') limits.spent(signal.costNanos);
  });
  setHandler(overdrawnSignal, (signal) => {
    if (typeof signal === 'object' && signal !== null) limits.overdrawn(refusedCall(signal));
  });
}
