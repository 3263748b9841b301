import type { ModelPlanner, RegisteredAgent } from '#agents';
import type { ToolFacts, Trigger } from '#contracts';
import type { PlanDocument } from '#plan';
import type { ListedModel, SharedBoard, SharedLimits } from '#routing';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { RunGateway } from './run-gateway.js';

/** How a deployment has fared of late; what has not been measured is null. */
export interface ModelMeasures {
  /** The share of calls that were answered, from 0 to 1. */
  readonly availability: number | null;
  readonly p50TtftMs: number | null;
  readonly p95TtftMs: number | null;
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
  /** As it is now: prices change. */
  readonly models: readonly ListedModel[];
  /** What is known of a deployment, by its ID; null where nothing is. */
  readonly measures?: ((deployment: string) => ModelMeasures | null) | undefined;
  /** Takes over prices that were approved. */
  readonly pricesChanged?: (() => Promise<void>) | undefined;
  /** Null when no provider of models is configured. */
  readonly modelPlanner: ModelPlanner | null;
  /** Of this process; without them nothing here calls models. */
  readonly breakers?: { readonly board: SharedBoard; readonly limits: SharedLimits } | undefined;
  /** What every run is watched for, besides what it asks for itself. */
  readonly triggers?: readonly Trigger[] | undefined;
  readonly logger: Logger;
  readonly now: () => number;
}
