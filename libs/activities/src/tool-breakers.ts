import type { WaitReason } from '#contracts';
import { breakerOfTool } from '#contracts';
import type { BreakerBoard, BreakerPermit, BreakerResult } from '#routing';
import type { ToolRegistry } from '#tools';
import type { StepResult } from './step.js';

export interface ToolPermit {
  /** What is called: the tool, or its alternative. */
  readonly tool: string;
  readonly permit: BreakerPermit;
}

/** Leave to call a tool, or what is in the way. */
export type ToolEntry =
  | ToolPermit
  | {
      readonly wait: Pick<WaitReason, 'kind' | 'detail'>;
      /** When to look again, if it is known. */
      readonly until?: number | undefined;
    };

/** The breakers of tools that say that they have one, and of any that an operator holds. */
export interface ToolBreakers {
  stands(tenant: string, tool: string): boolean;
  enter(tenant: string, tool: string): Promise<ToolEntry>;
}

/**
 * A tool that fails for one tenant may be well for others: each has breakers of its own. With one open, a call that
 * only reads goes to the tool's alternative, where it names one; any other waits until the tool may be tried again.
 */
export function createToolBreakers(
  board: { readonly of: (tenant: string) => BreakerBoard },
  tools: ToolRegistry,
): ToolBreakers {
  async function enter(tenant: string, tool: string): Promise<ToolEntry> {
    const breakers = board.of(tenant);
    const permit = await breakers.enter(breakerOfTool(tool), Date.now());
    if (permit) return { tool, permit };
    const instead = alternativeTo(tool);
    const other = instead === undefined ? null : await breakers.enter(breakerOfTool(instead), Date.now());
    if (instead !== undefined && other) return { tool: instead, permit: other };
    const { availableAt, forced, reason } = breakers.view(breakerOfTool(tool));
    const why = forced === null ? 'keeps failing' : 'is held back by an operator';
    const detail = `tool ${tool} ${why}${reason === null ? '' : `: ${reason}`}`;
    return { wait: { kind: 'DEPENDENCY', detail }, ...(availableAt === null ? {} : { until: availableAt }) };
  }

  function alternativeTo(name: string): string | undefined {
    const { effect, breaker } = tools.get(name) ?? {};
    const instead = effect === 'none' ? breaker?.alternative : undefined;
    return instead !== undefined && tools.get(instead)?.effect === 'none' ? instead : undefined;
  }

  function stands(tenant: string, tool: string): boolean {
    if (tools.get(tool)?.breaker !== undefined) return true;
    // Once released it is tried before it is left alone again.
    const { state, forced } = board.of(tenant).view(breakerOfTool(tool));
    return forced !== null || state !== 'CLOSED';
  }

  return { stands, enter };
}

/** Codes of failures that speak against what the tool calls; the others speak against the call. */
const ofTheTool: ReadonlySet<string> = new Set([
  'TIMEOUT',
  'TOOL_FAILED',
  'PROVIDER_UNAVAILABLE',
  'UNAVAILABLE',
]);

/** What a call says of the tool's health. A failure that a repeat would not mend is an answer. */
export function healthOf(result: StepResult): BreakerResult {
  if (result.status === 'SUCCEEDED') return { kind: 'ok' };
  if (result.status !== 'FAILED') return { kind: 'neutral' };
  const { code, message, retryable, retryAfterMs } = result.error;
  if (!ofTheTool.has(code)) return { kind: 'neutral' };
  return retryable ? { kind: 'failed', reason: `${code}: ${message}`, retryAfterMs } : { kind: 'ok' };
}
