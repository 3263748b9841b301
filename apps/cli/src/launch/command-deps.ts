import { builtInAgents, createModelPlanner, registerAgents } from '#agents';
import { createPlanChecker, temporalRunGateway } from '#commands';
import type { CommandDeps, PlanDeps } from '#commands';
import type { NexusConfig } from '#config';
import { PlanDocument } from '#plan';
import { listModels } from '#routing';
import type { Catalogue } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import { builtInTemplates } from '#tools';
import type { ToolRegistry } from '#tools';
import type { ProviderV4 } from '@ai-sdk/provider';
import { takeApproved } from './catalogue.js';
import type { TemporalAccess } from './temporal-access.js';

export interface CommandParts {
  readonly config: NexusConfig;
  readonly store: Store;
  readonly temporal: TemporalAccess;
  readonly tools: ToolRegistry;
  readonly models: ProviderV4;
  readonly breakers: CommandDeps['breakers'];
  readonly catalogue: Catalogue;
  readonly logger: Logger;
}

/** All that commands work with, whichever door they come through. */
export function commandDeps(parts: CommandParts): CommandDeps {
  const { config, store, temporal, tools, models, breakers, catalogue, logger } = parts;
  const facts = tools.facts();
  const planning: PlanDeps = {
    store,
    tools: facts,
    agents: registerAgents(builtInAgents, facts),
    templates: builtInTemplates().map((document) => PlanDocument.parse(document)),
  };
  const hasModels = catalogue.sellers.length > 0;
  const planner = () =>
    createModelPlanner({ ...planning, provider: models, validate: createPlanChecker(planning) });
  return {
    ...planning,
    workflows: temporalRunGateway({ client: temporal.client, uiUrl: temporal.uiUrl }),
    breakers,
    // Asked for anew by every command: prices change.
    get models() {
      return listModels(catalogue);
    },
    pricesChanged: takeApproved(config, store, catalogue),
    modelPlanner: hasModels ? planner() : null,
    triggers: config.triggers,
    logger,
    now: Date.now,
  };
}
