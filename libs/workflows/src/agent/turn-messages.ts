import type { LanguageModelV4Message } from '@ai-sdk/provider';
import type { JsonSchema, JsonValue, StoredValue, ValueRef } from '#contracts';
import { isRef } from '#contracts';
import type { AgentFacts } from '#plan/engine';
import type { AgentToolResult, NotNow } from './agent-activities.js';
import { resultToolName } from './tool-names.js';
import type { TurnCall } from './turn-policy.js';

/** What a workflow tells the model in one turn. */
export type TurnMessage = UserMessage | ToolMessage;

type UserMessage = Extract<LanguageModelV4Message, { role: 'user' }>;
type ToolMessage = Extract<LanguageModelV4Message, { role: 'tool' }>;

/** The agent's standing orders. */
export function instructionsFor({ instructions }: AgentFacts, output: JsonSchema | undefined): string {
  if (output === undefined) return instructions;
  return `${instructions}\n\nWhen you have the result, give it by calling ${resultToolName}; nothing else ends the task.`;
}

/** The task as the model first reads it: `with.task` as text, all other fields as JSON. */
export function taskMessage(task: StoredValue): TurnMessage {
  if (isRef(task)) return user('(kept by reference)', referTo(task));
  const value = task.inline;
  if (typeof value === 'string') return user(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return user(JSON.stringify(value));
  const { task: text, ...inputs } = value;
  if (typeof text !== 'string') return user(JSON.stringify(value, null, 2));
  const given = Object.keys(inputs).length === 0 ? '' : `\n\nInputs:\n${JSON.stringify(inputs, null, 2)}`;
  return user(`${text}${given}`);
}

/** What a tool gave, or why it failed, for the model to read. */
export function resultMessage(call: TurnCall, result: Exclude<AgentToolResult, NotNow>): TurnMessage {
  if ('error' in result) {
    const { code, message, hint } = result.error;
    return toolResult(call, { type: 'error-text', value: `${code}: ${message}${hint ? ` (${hint})` : ''}` });
  }
  if (!isRef(result.output)) return toolResult(call, { type: 'json', value: result.output.inline });
  return toolResult(call, { type: 'json', value: null }, referTo(result.output));
}

export function faultMessage(call: TurnCall, faults: readonly string[]): TurnMessage {
  return toolResult(call, { type: 'error-text', value: `INVALID_INPUT: ${faults.join('; ')}` });
}

export function user(text: string, options: Options = {}): TurnMessage {
  return { role: 'user', content: [{ type: 'text', text, ...options }] };
}

interface Options {
  readonly providerOptions?: { nexus: { value: { [key: string]: JsonValue } } };
}

/** The model's provider puts the value in place of the part that carries this. */
function referTo({ ref, bytes }: ValueRef): Options {
  return { providerOptions: { nexus: { value: { ref, bytes } } } };
}

type Output = Extract<ToolMessage['content'][number], { type: 'tool-result' }>['output'];

function toolResult({ id, name }: TurnCall, output: Output, options: Options = {}): TurnMessage {
  return {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: id, toolName: name, output, ...options }],
  };
}
