import type { ProviderV4 } from '@ai-sdk/provider';
import { isNexusError, nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { generateForTask } from '#routing';
import { goalMessage, plannerInstructions } from './planner-prompt.js';
import type { PlanningMeans } from './planner-prompt.js';

export interface ModelPlannerDeps extends PlanningMeans {
  readonly provider: ProviderV4;
  /** Everything that keeps a document from being run, one line each. */
  readonly validate: (tenant: string, document: JsonValue) => Promise<readonly string[]>;
  /** Default `nexus:standard`. */
  readonly model?: string | undefined;
}

export interface GoalToPlan {
  readonly tenant: string;
  readonly goal: string;
  readonly inputs: JsonValue;
  /** Who asks: a run's ID, or that of a request outside any run. */
  readonly requestId: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ModelPlanner {
  /** What it asks, by the name that kill switches know. */
  readonly model: string;
  /** A valid document for the goal; INVALID_OUTPUT, with every fault, when the model's second plan has faults too. */
  readonly plan: (goal: GoalToPlan) => Promise<JsonValue>;
}

/** A planner that asks a model for the plan, and once more when the plan has faults. */
export function createModelPlanner(deps: ModelPlannerDeps): ModelPlanner {
  const { provider, validate, model = 'nexus:standard' } = deps;
  const system = plannerInstructions(deps);
  return {
    model,
    async plan({ tenant, goal, inputs, requestId, signal }) {
      const runId = requestId.startsWith('run_') ? requestId : null;
      const spec = { model, system, prompt: goalMessage(goal, inputs), output: {} };
      try {
        const { output } = await generateForTask(
          provider,
          { tenant, runId, taskPath: null, signal, asksElsewhere: false },
          spec,
          (document) => validate(tenant, document),
        );
        return output.object ?? null;
      } catch (error) {
        if (!isNexusError(error) || error.code !== 'INVALID_OUTPUT') throw error;
        throw nexusError('INVALID_OUTPUT', `no valid plan for the goal: ${error.message}`, {
          hint: 'say more exactly what is wanted, name a template, or start a plan of your own',
        });
      }
    },
  };
}
