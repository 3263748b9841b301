import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { searchAttributes } from '#contracts';

const { INDEXED_VALUE_TYPE_KEYWORD: keyword, INDEXED_VALUE_TYPE_DOUBLE: double } =
  proto.temporal.api.enums.v1.IndexedValueType;

/** How long ended runs stay visible in Temporal. Nexus archives histories itself before that. */
const retentionDays = 7;

const grpcAlreadyExists = 6;

/**
 * Creates the namespace and the search attributes unless they are there, retrying while a server that has
 * just begun is not ready for them. Resolves once both can be used.
 */
export async function prepareNamespace(
  connection: Connection,
  namespace: string,
  until: number,
): Promise<void> {
  const workflowExecutionRetentionPeriod = msToTs(`${retentionDays} days`);
  await untilAccepted(until, () =>
    connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }),
  );
  await untilAccepted(until, () => registerSearchAttributes(connection, namespace));
  await untilAccepted(until, () =>
    connection.workflowService.listWorkflowExecutions({
      namespace,
      pageSize: 1,
      query: `${searchAttributes.runId} = "none"`,
    }),
  );
}

/** Registers what runs carry; those that exist already stay as they are. */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: {
      [searchAttributes.runId]: keyword,
      [searchAttributes.tenant]: keyword,
      [searchAttributes.status]: keyword,
      [searchAttributes.costUsd]: double,
    },
  });
}

/** Whether a Temporal server answers there. */
export async function answersAsTemporal(address: string, withinMs: number): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: withinMs });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** Connects, trying again until the time given. */
export async function connectUntil(address: string, until: number): Promise<Connection> {
  for (;;) {
    try {
      return await Connection.connect({ address, connectTimeout: 1_000 });
    } catch (error) {
      if (Date.now() > until) throw error;
      await wait(50);
    }
  }
}

async function untilAccepted(until: number, call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      const { code } = error as { code?: number };
      if (code === grpcAlreadyExists) return;
      if (code === undefined || Date.now() > until) throw error;
      await wait(50);
    }
  }
}
