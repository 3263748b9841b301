import { temporalRunGateway } from '#commands';
import type { CommandDeps } from '#commands';
import type { NexusConfig } from '#config';
import { listModels } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { ToolRegistry } from '#tools';
import type { ProviderV4 } from '@ai-sdk/provider';
import type { TemporalAccess } from './temporal-access.js';

export interface CommandParts {
  readonly config: NexusConfig;
  readonly store: Store;
  readonly temporal: TemporalAccess;
  readonly tools: ToolRegistry;
  readonly models: ProviderV4;
  readonly logger: Logger;
}

/** All that commands work with, whichever door they come through. */
export function commandDeps({ config, store, temporal, tools, logger }: CommandParts): CommandDeps {
  return {
    store,
    workflows: temporalRunGateway({ client: temporal.client, uiUrl: temporal.uiUrl }),
    tools: tools.facts(),
    agents: [],
    models: listModels(config.providers),
    templates: [],
    modelPlanner: null,
    logger,
    now: Date.now,
  };
}
