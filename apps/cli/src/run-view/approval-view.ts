import type { ApprovalKind, ApprovalStatus, JsonValue } from '#contracts';
import { shellWord } from '../shell-word.js';

/** Something that a run asks, as far as people have to know to answer. */
export interface ApprovalSummary {
  readonly id: string;
  readonly runId: string;
  readonly kind: ApprovalKind;
  readonly status: ApprovalStatus;
  readonly taskPath: string | null;
  readonly question: string;
  readonly answerSchema: JsonValue;
  readonly requestedAt: string;
  readonly expiresAt: string | null;
}

/** The selection that goes with it. */
export const approvalSummaryFields =
  'id runId kind status taskPath question answerSchema requestedAt expiresAt';

/** What a person types to answer, one command a line. */
export function commandsFor({ id, runId, kind, taskPath, answerSchema }: ApprovalSummary): string[] {
  const word = shellWord(id);
  const task = `${runId} ${shellWord(taskPath ?? '')}`;
  switch (kind) {
    case 'UNCERTAIN':
      return [`nexus resolve ${task} --happened`, `nexus resolve ${task} --did-not-happen`];
    case 'COMPENSATION':
      return [`nexus compensation retry ${task}`, `nexus compensation mark ${task} --comment "how"`];
    case 'ESCALATION':
      return [
        `nexus approve ${word}   (one more try)`,
        `nexus approve ${word} --answer '{"do":"skip","output":null}'`,
        `nexus reject ${word}   (it fails)`,
      ];
    case 'BUDGET':
      return [`nexus approve ${word} --answer '{"limit":"5"}'   (US dollars)`, `nexus reject ${word}`];
    case 'PLAN':
      return [
        `nexus approvals ${word}   (the plan)`,
        `nexus approve ${word}   (or --answer @edited-plan.yaml)`,
        `nexus reject ${word}`,
      ];
    case 'TASK':
      return [
        `nexus approve ${word}${answerSchema === null ? '' : ' --answer JSON'}`,
        `nexus reject ${word}`,
      ];
  }
}
