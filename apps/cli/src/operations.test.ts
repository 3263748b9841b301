import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import type { Operation } from './api-client.js';
import { CancelRunMutation } from './commands/cancel.js';
import { EventsQuery } from './commands/event-pages.js';
import { TaskKnownQuery, TaskOutputQuery } from './commands/logs.js';
import { KillRunMutation } from './commands/kill.js';
import { EngageKillSwitchMutation, KillSwitchesQuery, ReleaseKillSwitchMutation } from './commands/panic.js';
import { PauseRunMutation } from './commands/pause.js';
import { PlanCatalogueQuery } from './commands/plan-catalogue.js';
import { AgentsQuery, ModelsQuery, TemplatesQuery, ToolsQuery } from './commands/registries.js';
import { ResumeRunMutation } from './commands/resume.js';
import { RetryTaskMutation } from './commands/retry.js';
import { SkipTaskMutation } from './commands/skip.js';
import { StartGoalMutation, StartPlanMutation } from './commands/start-run.js';
import { RunsQuery } from './commands/status.js';
import { MoreTasksQuery, PostMortemQuery, RunQuery } from './run-view/run-details.js';
import { RunEventsSubscription, RunStatusQuery } from './run-view/run-stream.js';

const schema = buildSchema(readFileSync('apps/api/src/schema.graphql', 'utf8'));
const operations: Record<string, Operation<never, never>> = {
  AgentsQuery,
  CancelRunMutation,
  EngageKillSwitchMutation,
  EventsQuery,
  KillRunMutation,
  KillSwitchesQuery,
  ModelsQuery,
  MoreTasksQuery,
  PauseRunMutation,
  PlanCatalogueQuery,
  PostMortemQuery,
  ReleaseKillSwitchMutation,
  ResumeRunMutation,
  RetryTaskMutation,
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
