import { builtInAgents, createModelPlanner, registerAgents } from '#agents';
import { createPlanChecker, temporalRunGateway } from '#commands';
import type { CommandDeps, ModelMeasures, PlanDeps } from '#commands';
import type { NexusConfig } from '#config';
import { PlanDocument } from '#plan';
import { listModels } from '#routing';
import type { Catalogue, SharingRouter } from '#routing';
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
  readonly router: SharingRouter;
  readonly logger: Logger;
}

/** All that commands work with, whichever door they come through. */
export function commandDeps(parts: CommandParts): CommandDeps {
  const { config, store, temporal, tools, models, breakers, catalogue, router, logger } = parts;
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
    measures: (id) => measuresOf(catalogue, router, id),
    pricesChanged: takeApproved(config, store, catalogue),
    modelPlanner: hasModels ? planner() : null,
    triggers: config.triggers,
    logger,
    now: Date.now,
  };
}

/** How a deployment has fared as far as this process knows; null until it was called. */
function measuresOf(catalogue: Catalogue, router: SharingRouter, id: string): ModelMeasures | null {
  const now = Date.now();
  const deployment = catalogue.deployments(now).find((one) => one.id === id);
  if (!deployment) return null;
  const { firstTokenMs, errorRate, seenAt } = router.health(deployment, now);
  if (seenAt === null) return null;
  const { p50, p95 } = firstTokenMs;
  return { availability: 1 - errorRate, p50TtftMs: Math.round(p50), p95TtftMs: Math.round(p95) };
}
