import type { Failure, JsonSchema, JsonValue, Usage } from '#contracts';
import { describeFault, validateInputs } from '#plan/engine';
import type { AgentFacts } from '#plan/engine';
import { resultToolName } from './tool-names.js';

/** A tool call that the model asks for. */
export interface TurnCall {
  readonly id: string;
  readonly name: string;
  readonly input: JsonValue;
  /** Why the call cannot be made: no such tool, or input that is not JSON. */
  readonly fault?: string | undefined;
}

/** What a model said in one turn. */
export interface TurnReply {
  readonly text: string;
  readonly finishReason: string;
  readonly calls: readonly TurnCall[];
}

/** What comes of a turn. */
export type TurnDecision =
  | { readonly kind: 'call'; readonly calls: readonly TurnCall[] }
  | { readonly kind: 'done'; readonly result: JsonValue }
  | { readonly kind: 'ask-again'; readonly message: string }
  | { readonly kind: 'refuse-result'; readonly call: TurnCall; readonly faults: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What follows from a reply. With a schema the result comes by a call of its own tool, else it is the text. */
export function decideTurn(reply: TurnReply, output: JsonSchema | undefined): TurnDecision {
  const submitted =
    output === undefined ? undefined : reply.calls.find(({ name }) => name === resultToolName);
  if (submitted !== undefined) {
    const faults = submitted.fault
      ? [submitted.fault]
      : validateInputs(output, submitted.input).map(describeFault);
    if (faults.length === 0) return { kind: 'done', result: submitted.input };
    return { kind: 'refuse-result', call: submitted, faults };
  }
  if (reply.calls.length > 0) return { kind: 'call', calls: reply.calls };
  if (reply.finishReason === 'length') {
    return failed('OUTPUT_TOO_LARGE', 'the answer was cut at the most that the model puts out', {
      hint: 'ask for less in one answer, or let the agent write to a file',
    });
  }
  if (output !== undefined) {
    return { kind: 'ask-again', message: `Give your result by calling ${resultToolName}.` };
  }
  if (reply.text.trim() === '') return { kind: 'ask-again', message: 'You said nothing. Give your answer.' };
  return { kind: 'done', result: reply.text };
}

/** Why no further turn may begin; null when one may. Tokens are counted as they are billed, over all turns. */
export function limitReached(
  turns: number,
  usage: Usage,
  { name, limits: { maxTurns, maxTokens } }: AgentFacts,
): Failure | null {
  const tokens = usage.inputTokens + usage.outputTokens;
  const reached =
    turns >= maxTurns
      ? `has no result after ${turns} of ${maxTurns} turns`
      : tokens >= maxTokens
        ? `has used ${tokens} of ${maxTokens} tokens without a result`
        : null;
  if (reached === null) return null;
  const hint = 'give it a smaller task, or raise limits.maxTurns or limits.maxTokens of the task';
  return failed('AGENT_LIMIT', `agent ${name} ${reached}`, { hint }).failure;
}

/** Failures of a tool that end the agent; the model is told of all others, and may find another way. */
const endingCodes: readonly string[] = [
  'CANCELLED',
  'KILLED',
  'BUDGET_EXCEEDED',
  'DEADLINE_EXCEEDED',
  'QUARANTINED',
];

export function endsAgent({ code }: Failure): boolean {
  return endingCodes.includes(code);
}

function failed(code: string, message: string, { hint }: { hint: string }) {
  return { kind: 'failed', failure: { code, message, retryable: false, hint } } as const;
}
