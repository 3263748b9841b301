import { setTimeout as wait } from 'node:timers/promises';
import type { GraphqlReply, NexusProcess } from '../../e2e/nexus-process.js';

/** Which Nexus is to be asked now; null while there is none. */
export type Api = () => NexusProcess | null;

const start = `mutation ($input: StartPlanInput!) {
  startPlan(input: $input) { run { id } userErrors { field code message } }
}`;

/**
 * Starts a plan as a client should: with a key, asking again until it is answered. Gives the one run, or throws what
 * the plan was refused for.
 */
export async function startPatiently(
  api: Api,
  plan: object,
  key: string,
  giveUpAt: () => number,
): Promise<string> {
  const input = { plan, idempotencyKey: key, labels: [key] };
  const { data } = await askPatiently(api, start, { input }, giveUpAt);
  const { run, userErrors } = data.startPlan as { run: { id: string } | null; userErrors: unknown };
  if (!run) throw new Error(`the plan was refused: ${JSON.stringify(userErrors)}`);
  return run.id;
}

/** Asks until there is an answer that is none of "not now". */
export async function askPatiently(
  api: Api,
  query: string,
  variables: object,
  giveUpAt: () => number,
): Promise<GraphqlReply> {
  for (let last = 'there is no API'; ; await wait(100)) {
    const reply = await api()
      ?.graphql(query, variables)
      .catch((error: unknown) => void (last = String(error)));
    const refused = reply?.errors[0]?.extensions.code;
    if (reply?.data && reply.errors.length === 0) return reply;
    if (refused === 'BAD_USER_INPUT' || refused === 'NOT_FOUND' || refused === 'GRAPHQL_VALIDATION_FAILED')
      throw new Error(`it was refused: ${JSON.stringify(reply?.errors)}`);
    if (reply) last = JSON.stringify(reply.errors);
    if (Date.now() > giveUpAt()) throw new Error(`no answer: ${last}`);
  }
}
