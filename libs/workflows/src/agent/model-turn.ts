import type {
  LanguageModelV4,
  LanguageModelV4Content,
  LanguageModelV4FunctionTool,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4ToolCall,
} from '@ai-sdk/provider';
import { TemporalProvider } from '@temporalio/ai-sdk/workflow';
import { ActivityCancellationType, workflowInfo } from '@temporalio/workflow';
import { nexusError } from '#contracts';
import type { JsonValue, Usage } from '#contracts';
import type { AgentState, AgentTaskInput } from './agent-task-input.js';
import { nameTools, resultToolName } from './tool-names.js';
import { instructionsFor } from './turn-messages.js';
import type { TurnCall, TurnReply } from './turn-policy.js';

/** What the provider `nexus` says about a call in `providerMetadata.nexus`. */
interface CallSummary {
  readonly costNanos: number;
  readonly turn: string;
}

export interface ModelTurn {
  readonly reply: TurnReply;
  readonly usage: Usage;
  /** The turn in the kept conversation, for the next one to follow. */
  readonly turn: string;
}

/**
 * Asks the model for one turn: one activity, which knows the whole conversation and is told only what is new. The
 * AI SDK's model is called as it is: its loop would neither continue as new nor stop between turns.
 */
export async function askModel(input: AgentTaskInput, state: AgentState): Promise<ModelTurn> {
  const { tenant, runId, path, agent, output } = input;
  const conversation = { id: `${path}@${workflowInfo().firstExecutionRunId}`, after: state.after };
  const instructions = { role: 'system', content: instructionsFor(agent, output) } as const;
  const prompt: LanguageModelV4Prompt = state.turns === 0 ? [instructions, ...state.next] : [...state.next];
  const tools = toolSet(input);
  const reply = await modelFor(input, state).doGenerate({
    prompt,
    providerOptions: {
      nexus: { tenant, runId, taskPath: path, conversation },
      // For the worker, which may know that this agent is switched off.
      guard: { agent: agent.name },
    },
    ...(tools.length === 0 ? {} : { tools, toolChoice: { type: 'auto' } }),
  });
  const { costNanos, turn } = summaryOf(reply);
  const { inputTokens, outputTokens } = reply.usage;
  return {
    reply: replyOf(reply.content, reply.finishReason.unified),
    usage: {
      inputTokens: inputTokens.total ?? 0,
      outputTokens: outputTokens.total ?? 0,
      cachedTokens: inputTokens.cacheRead ?? 0,
      modelCalls: 1,
      toolCalls: 0,
      costNanos,
    },
    turn,
  };
}

function summaryOf({ providerMetadata }: LanguageModelV4GenerateResult): CallSummary {
  const summary = providerMetadata?.['nexus'];
  if (summary !== undefined) return summary as unknown as CallSummary;
  throw nexusError('INTERNAL', 'the model was not asked through the provider nexus');
}

function modelFor({ agent }: AgentTaskInput, { turns }: AgentState): LanguageModelV4 {
  const provider = new TemporalProvider({
    languageModel: {
      startToCloseTimeout: '10m',
      heartbeatTimeout: '10s',
      // Cancelled means that the call has stopped, not that it was asked to.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      summary: `${agent.name}, turn ${turns + 1}`,
      // The provider says which failures are worth another attempt, and after what time.
      retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 4 },
    },
  });
  return provider.languageModel(agent.model);
}

function toolSet({ agent, output }: AgentTaskInput): LanguageModelV4FunctionTool[] {
  const tools = [...nameTools(agent.tools)].map(([name, { description, inputSchema }]) => {
    return { type: 'function' as const, name, description, inputSchema };
  });
  if (output === undefined) return tools;
  const description = 'Gives the result of the task and ends it.';
  return [...tools, { type: 'function', name: resultToolName, description, inputSchema: output }];
}

function replyOf(content: readonly LanguageModelV4Content[], finishReason: string): TurnReply {
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    finishReason,
    calls: content.flatMap((part) =>
      part.type === 'tool-call' && !part.providerExecuted ? [turnCall(part)] : [],
    ),
  };
}

function turnCall({ toolCallId: id, toolName: name, input }: LanguageModelV4ToolCall): TurnCall {
  try {
    return { id, name, input: JSON.parse(input === '' ? '{}' : input) as JsonValue };
  } catch {
    return { id, name, input: null, fault: `the input is not JSON: ${input.slice(0, 200)}` };
  }
}
