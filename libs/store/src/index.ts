export { openStore } from './store.js';
export type { Store, StoreOptions } from './store.js';
export type { ArtefactRow, NewRun, Page, RunRow, TaskRow, TemplateRow } from './rows.js';
export type { StopKind } from './tables.js';
export { cursorOf } from './cursor.js';
export { hashOfJson } from './canonical-json.js';
export type { ArtefactRepository, NewArtefact } from './artefact.repository.js';
export type { Changes, RunChange } from './changes.js';
export type { ConversationRepository } from './conversation.repository.js';
export type { IdempotencyKey } from './create-run.js';
export type { EventRepository } from './event.repository.js';
export type { RunQuery } from './list-runs.js';
export type { ModelCall, ModelCallRepository } from './model-call.repository.js';
export type { ModelReplyRepository } from './model-reply.repository.js';
export type { RoutedCallRepository, RoutedCallRow } from './routed-call.repository.js';
export type { RecordResult } from './recorder.js';
export type { EndedRun, LiveRun, PlanOfRun, QuietRun, RunRepository } from './run.repository.js';
export type { SegmentOpening, SegmentRepository } from './segment.repository.js';
export type { InFlight, TaskActuals, TaskRepository } from './task.repository.js';
export type { TemplateRepository } from './template.repository.js';
export type { ValueRepository } from './value.repository.js';
export { everyTenant } from './kill-switch.repository.js';
export type {
  KillSwitchRepository,
  KillSwitchRow,
  KillTarget,
  NewKillSwitch,
} from './kill-switch.repository.js';
export type { MapResultRepository, MapResults } from './map-result.repository.js';
export type { PausedRun, PauseRepository } from './pause.repository.js';
export type { KilledEnd, KillWanted, Revival, RunControl, RunHold } from './run-control.js';
export type { WorkerNotice, WorkerRepository, WorkerRow } from './worker.repository.js';
export type { LeaseRepository } from './lease.repository.js';
export type {
  BudgetAccount,
  BudgetStanding,
  DailyLimits,
  Drift,
  LedgerRepository,
  NewReservation,
  ReservationVerdict,
  SettlementVerdict,
} from './ledger.repository.js';
export type { NewSignal, SignalRepository, SignalRow } from './signal.repository.js';
export type {
  CompensationBegin,
  CompensationDecision,
  CompensationEnd,
  EffectPlace,
  EffectRepository,
  Fence,
  Settlement,
} from './effect.repository.js';
export type {
  OpenRollback,
  RollbackEnd,
  RollbackRepository,
  RollbackRequested,
} from './rollback.repository.js';
export type {
  ApprovalRepository,
  ApprovalRow,
  DecisionListener,
  DecisionResult,
  DecisionRow,
  ListedApproval,
} from './approval.repository.js';
export type { NewStandingRule, StandingRuleRepository, StandingRuleRow } from './standing-rule.repository.js';
export type { ApprovalLink, ApprovalLinkRepository } from './approval-link.repository.js';
