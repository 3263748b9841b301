import type { ModelPlanner, RegisteredAgent } from '#agents';
import type { ToolFacts, Trigger } from '#contracts';
import type { PlanDocument } from '#plan';
import type { SharedBoard, SharedLimits } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { RunGateway } from './run-gateway.js';

/** A model that calls can be routed to. */
export interface RegisteredModel {
  readonly id: string;
  readonly provider: string;
  readonly contextWindow: number;
  readonly abilities: readonly string[];
  /** US dollars for a million tokens, as a decimal string. */
  readonly inputPrice: string | null;
  readonly outputPrice: string | null;
}

/** What a plan is checked against and bound to. */
export interface PlanDeps {
  readonly store: Store;
  readonly tools: readonly ToolFacts[];
  readonly agents: readonly RegisteredAgent[];
  /** Those that come with the product, by their names, which they have. */
  readonly templates: readonly PlanDocument[];
}

/** All that commands work with. */
export interface CommandDeps extends PlanDeps {
  readonly workflows: RunGateway;
  readonly models: readonly RegisteredModel[];
  /** Null when no provider of models is configured. */
  readonly modelPlanner: ModelPlanner | null;
  /** Of this process; without them nothing here calls models. */
  readonly breakers?: { readonly board: SharedBoard; readonly limits: SharedLimits } | undefined;
  /** What every run is watched for, besides what it asks for itself. */
  readonly triggers?: readonly Trigger[] | undefined;
  readonly logger: Logger;
  readonly now: () => number;
}
