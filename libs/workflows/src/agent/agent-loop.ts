import type { Failure, JsonValue, Usage } from '#contracts';
import { addUsage, formatUsd, nexusError, noUsage, taskQueues } from '#contracts';
import type { ErrorCode } from '#contracts';
import {
  ActivityCancellationType,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { createPauseGate } from '../pause-gate.js';
import type { AgentActivities } from './agent-activities.js';
import type { AgentState, AgentTaskInput } from './agent-task-input.js';
import { createWhenAllowed } from './agent-waiting.js';
import { askModel } from './model-turn.js';
import { nameTools } from './tool-names.js';
import { faultMessage, resultMessage, taskMessage, user } from './turn-messages.js';
import type { TurnMessage } from './turn-messages.js';
import { decideTurn, endsAgent, limitReached } from './turn-policy.js';
import type { TurnCall } from './turn-policy.js';

export interface AgentLoop {
  /** Takes turns until there is a result, or, with none, until the workflow should continue as new. */
  run(): Promise<{ readonly result: JsonValue } | 'continue'>;
  /** Where the agent stands, also when it has failed. */
  state(): AgentState;
  /** What holds it now, and what was lifted. */
  holds(): Pick<AgentTaskInput, 'pauses' | 'liftedAt'>;
}

const { runAgentTool } = proxyActivities<AgentActivities>({
  taskQueue: taskQueues.activities,
  // The tool's own time-out is kept inside, where the reason is known; this is only a backstop.
  startToCloseTimeout: '30d',
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '5s', maximumAttempts: 20 },
});

/** An agent at its task: turn after turn, each a call of the model and the calls of tools that it asks for. */
export function createAgentLoop(input: AgentTaskInput): AgentLoop {
  const { tenant, runId, path, agent } = input;
  const tools = nameTools(agent.tools);
  const gate = createPauseGate(input, () => showDetails());
  const whenAllowed = createWhenAllowed(input, gate);
  let state: AgentState = input.state ?? {
    turns: 0,
    after: null,
    next: [taskMessage(input.task)],
    usage: noUsage,
  };

  async function turn(): Promise<{ readonly result: JsonValue } | null> {
    const exceeded = limitReached(state.turns, state.usage, agent);
    if (exceeded !== null) throw raised(exceeded);
    const asked = await whenAllowed(() => askModel(input, state));
    spend(asked.usage);
    const decision = decideTurn(asked.reply, input.output);
    switch (decision.kind) {
      case 'done':
        state = { ...state, turns: state.turns + 1, after: asked.turn, next: [] };
        return { result: decision.result };
      case 'failed':
        throw raised(decision.failure);
      case 'call':
        return goOn(asked.turn, await Promise.all(decision.calls.map(callTool)));
      case 'refuse-result':
        return goOn(asked.turn, answersTo(asked.reply.calls, decision));
      case 'ask-again':
        return goOn(asked.turn, [user(decision.message)]);
    }
  }

  function goOn(after: string, next: readonly TurnMessage[]): null {
    state = { ...state, turns: state.turns + 1, after, next };
    return null;
  }

  async function callTool(call: TurnCall, index: number): Promise<TurnMessage> {
    const known = tools.get(call.name);
    if (known === undefined || call.fault !== undefined) {
      const names = [...tools.keys()].join(', ');
      return faultMessage(call, [call.fault ?? `there is no tool ${call.name}; there are: ${names}`]);
    }
    const at = `${path}/turn[${state.turns}]/call[${index}]`;
    spend({ ...noUsage, toolCalls: 1 });
    const options = { summary: `${known.name} ${at}`.slice(0, 200) };
    const request = { tenant, runId, path: at, tool: known.name, input: call.input, agent: agent.name };
    const result = await whenAllowed(() => runAgentTool.executeWithOptions(options, [request]));
    if ('error' in result && endsAgent(result.error)) throw raised(result.error);
    return resultMessage(call, result);
  }

  function spend(usage: Usage): void {
    state = { ...state, usage: addUsage(state.usage, usage) };
  }

  function showDetails(): void {
    const cost = formatUsd(state.usage.costNanos);
    const [pause] = gate.pauses();
    const held = pause ? `, paused by ${pause.by}${pause.reason ? `: ${pause.reason}` : ''}` : '';
    setCurrentDetails(`${agent.name}: turn ${state.turns + 1} of ${agent.limits.maxTurns}, $${cost}${held}`);
  }

  return {
    state: () => state,
    holds: () => ({ pauses: gate.pauses(), liftedAt: gate.liftedAt() }),
    async run() {
      for (;;) {
        showDetails();
        const done = await turn();
        if (done !== null) return done;
        if (isLong(input)) return 'continue';
      }
    },
  };
}

/** Every call of a turn wants an answer, those beside a refused result too. */
function answersTo(
  calls: readonly TurnCall[],
  { call, faults }: { call: TurnCall; faults: readonly string[] },
): TurnMessage[] {
  return calls.map((each) =>
    faultMessage(each, each === call ? faults : ['not called: give the result alone, or call tools first']),
  );
}

function isLong({ continueAfterEvents }: AgentTaskInput): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > (continueAfterEvents ?? Infinity);
}

function raised({ code, message, hint }: Failure): Error {
  return nexusError(code as ErrorCode, message, { hint });
}
