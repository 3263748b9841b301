import type { JsonSchema, ToolEffect } from '#contracts';
import type { Availability } from '../availability.js';
import type { PlanDocument } from '../document.js';
import type { Findings } from './findings.js';
import type { Suggest } from './suggest.js';

/** What a plan is checked against: what exists where it will run. */
export interface ValidationContext {
  readonly tools: (name: string) => ValidationTool | undefined;
  readonly agents: (name: string) => boolean;
  /** The document of a template; without a version the newest. */
  readonly templates: (name: string, version?: number) => PlanDocument | undefined;
  readonly available: Availability;
  /** Names to suggest when one is not known. */
  readonly knownToolNames?: readonly string[] | undefined;
  readonly knownAgentNames?: readonly string[] | undefined;
  readonly knownTemplateNames?: readonly string[] | undefined;
  /** The name under which the document will be saved: a template cannot include the newest of itself. */
  readonly savedAs?: string | undefined;
}

export interface ValidationTool {
  readonly inputSchema?: JsonSchema | undefined;
  readonly effect: ToolEffect;
}

/** What one check of one document works with. */
export interface Check {
  readonly context: ValidationContext;
  readonly findings: Findings;
  readonly suggest: Suggest;
}
