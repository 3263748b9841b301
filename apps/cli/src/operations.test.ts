import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import type { Operation } from './api-client.js';
import { ApprovalLinkMutation, ApprovalQuery, ApprovalsQuery } from './commands/approvals.js';
import { CancelRunMutation } from './commands/cancel.js';
import { MarkCompensatedMutation, RetryCompensationMutation } from './commands/compensation.js';
import { DecideApprovalMutation } from './commands/decide.js';
import { EventsQuery } from './commands/event-pages.js';
import { TaskKnownQuery, TaskOutputQuery } from './commands/logs.js';
import { KillRunMutation } from './commands/kill.js';
import { EngageKillSwitchMutation, KillSwitchesQuery, ReleaseKillSwitchMutation } from './commands/panic.js';
import { PauseRunMutation } from './commands/pause.js';
import { PlanCatalogueQuery } from './commands/plan-catalogue.js';
import { ApprovePriceChangeMutation, ModelsQuery, PriceChangesQuery } from './commands/models.js';
import { AgentsQuery, TemplatesQuery, ToolsQuery } from './commands/registries.js';
import { ResolveUncertainMutation } from './commands/resolve.js';
import { ResumeRunMutation } from './commands/resume.js';
import { RetryTaskMutation } from './commands/retry.js';
import { RollbackPreviewQuery, RollbackRunMutation } from './commands/rollback.js';
import { ModelCallQuery } from './commands/route.js';
import { AddStandingRuleMutation, RevokeStandingRuleMutation, StandingRulesQuery } from './commands/rules.js';
import { SkipTaskMutation } from './commands/skip.js';
import { StartGoalMutation, StartPlanMutation } from './commands/start-run.js';
import { RunsQuery } from './commands/status.js';
import { MoreTasksQuery, PostMortemQuery, RunApprovalsQuery, RunQuery } from './run-view/run-details.js';
import { RunEventsSubscription, RunStatusQuery } from './run-view/run-stream.js';

const schema = buildSchema(readFileSync('apps/api/src/schema.graphql', 'utf8'));
const operations: Record<string, Operation<never, never>> = {
  AddStandingRuleMutation,
  AgentsQuery,
  ApprovalLinkMutation,
  ApprovalQuery,
  ApprovalsQuery,
  ApprovePriceChangeMutation,
  CancelRunMutation,
  DecideApprovalMutation,
  EngageKillSwitchMutation,
  EventsQuery,
  KillRunMutation,
  KillSwitchesQuery,
  MarkCompensatedMutation,
  ModelCallQuery,
  ModelsQuery,
  MoreTasksQuery,
  PauseRunMutation,
  PlanCatalogueQuery,
  PostMortemQuery,
  PriceChangesQuery,
  ReleaseKillSwitchMutation,
  ResolveUncertainMutation,
  ResumeRunMutation,
  RetryCompensationMutation,
  RevokeStandingRuleMutation,
  RollbackPreviewQuery,
  RollbackRunMutation,
  StandingRulesQuery,
  RetryTaskMutation,
  RunApprovalsQuery,
  RunEventsSubscription,
  RunQuery,
  RunStatusQuery,
  RunsQuery,
  SkipTaskMutation,
  StartGoalMutation,
  StartPlanMutation,
  TaskKnownQuery,
  TaskOutputQuery,
  TemplatesQuery,
  ToolsQuery,
} as never;

it.each(Object.keys(operations))('%s asks for what the API has', (name) => {
  expect(validate(schema, parse(operations[name]?.text ?? ''))).toEqual([]);
});
