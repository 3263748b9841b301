import { randomUUID } from 'node:crypto';
import { searchAttributes } from '#contracts';
import type { Client } from '@temporalio/client';
import { encodeToPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { GatewaySignal } from './run-gateway.js';
import { causeOf, cutToBytes, grpc, isGone } from './temporal-errors.js';

const reasonBytes = 1_000;

/** Signals through the raw service: the client's own signal takes no request ID, and so may arrive twice. */
export async function signalWorkflow(
  client: Client,
  workflowId: string,
  { name, argument, id }: GatewaySignal,
): Promise<boolean> {
  const payloads = argument === undefined ? [] : [argument];
  return await unlessGone(async () => {
    await client.workflowService.signalWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId },
      signalName: name,
      input: { payloads: (await encodeToPayloads(client.options.loadedDataConverter, ...payloads)) ?? [] },
      identity: client.options.identity,
      requestId: id,
    });
  });
}

/** Ends the open execution of a workflow, if there is one. */
export async function terminateWorkflow(client: Client, workflowId: string, reason: string): Promise<void> {
  await unlessGone(() => client.workflow.getHandle(workflowId).terminate(cutToBytes(reason, reasonBytes)));
}

/** When the newest execution of a workflow was terminated; null: it was not. */
export async function terminationOf(client: Client, workflowId: string): Promise<number | null> {
  try {
    const { status, closeTime } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'TERMINATED' ? (closeTime?.getTime() ?? null) : null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** False when the workflow is not paused, or gone. */
export async function unpauseWorkflow(client: Client, workflowId: string, reason: string): Promise<boolean> {
  try {
    await client.workflowService.unpauseWorkflowExecution({
      namespace: client.options.namespace,
      workflowId,
      identity: client.options.identity,
      reason: cutToBytes(reason, reasonBytes),
      requestId: randomUUID(),
    });
    return true;
  } catch (error) {
    const { code } = causeOf(error);
    // A server without native pause has paused nothing.
    const noPause = [grpc.failedPrecondition, grpc.unimplemented, grpc.invalidArgument].some(
      (one) => one === code,
    );
    if (noPause || isGone(error)) return false;
    throw error;
  }
}

/** By visibility, which runs some milliseconds behind. */
export async function openWorkflowsOf(client: Client, runId: string): Promise<string[]> {
  const found: string[] = [];
  const query = `${searchAttributes.runId} = "${runId}" and ExecutionStatus in ("Running", "Paused")`;
  for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
  return found;
}

async function unlessGone(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
