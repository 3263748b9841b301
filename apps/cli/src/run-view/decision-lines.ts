import { counted } from '../amounts.js';
import { plainLine } from '../plain-text.js';
import type { ApprovalSummary } from './approval-view.js';
import { commandsFor } from './approval-view.js';

const shownAtMost = 5;

/** What of these waits for a person: each question, and below it what to type. */
export function decisionLines(approvals: readonly ApprovalSummary[]): string[] {
  const pending = approvals.filter(({ status }) => status === 'PENDING');
  const lines = pending.slice(0, shownAtMost).flatMap((approval) => {
    const due = approval.expiresAt === null ? '' : `  (until ${approval.expiresAt})`;
    return [
      `${plainLine(approval.question)}${due}`,
      ...commandsFor(approval).map((command) => `  ${plainLine(command)}`),
    ];
  });
  const rest = pending.length - shownAtMost;
  return rest > 0 ? [...lines, `… ${counted(rest, 'more question')}: nexus approvals`] : lines;
}
