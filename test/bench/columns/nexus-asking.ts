import { performance } from 'node:perf_hooks';
import { workflowIdOf } from '#contracts';
import type { AskingRuns } from './column.js';
import { context, type NexusHost } from './nexus-host.js';

const atOnce = 20;
const pageSize = 50;

/** Runs that wait for people, and what people do about them. */
export function askingRuns(host: NexusHost): AskingRuns {
  const { commands, store, client } = host;
  const begun: string[] = [];

  async function waiting(runId: string): Promise<number> {
    const open = await store.approvals.of(context.tenant, runId);
    return open.filter(({ status }) => status === 'PENDING').length;
  }

  return {
    async ask(runs, each) {
      const tasks = Array.from({ length: each }, (_, nth) => ({
        id: `ask${nth}`,
        kind: 'approval',
        question: `Shall part ${nth} be done?`,
      }));
      const ids: string[] = [];
      await inLanes(runs, async () => {
        const runId = await host.begin({ name: 'asking', tasks }, {});
        while ((await waiting(runId)) < each) await new Promise((resolve) => setTimeout(resolve, 50));
        ids.push(runId);
      });
      begun.push(...ids);
    },
    async pages() {
      const milliseconds: number[] = [];
      let rows = 0;
      for (let after: string | null = null; ;) {
        const askedAt = performance.now();
        const page = await commands.approvals(context, { status: 'PENDING', first: pageSize, after });
        milliseconds.push(performance.now() - askedAt);
        rows += page.edges.length;
        if (!page.pageInfo.hasNextPage) return { milliseconds, rows };
        after = page.pageInfo.endCursor;
      }
    },
    async decide(count) {
      const answered: number[] = [];
      const done: number[] = [];
      for (const runId of begun.splice(0, count)) {
        const [approval] = await store.approvals.of(context.tenant, runId);
        if (!approval) throw new Error(`${runId} asks nothing`);
        const askedAt = performance.now();
        const { userErrors } = await commands.decideApproval(context, { id: approval.id, approve: true });
        if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
        answered.push(performance.now() - askedAt);
        const path = approval.taskPath ?? '';
        while ((await store.tasks.get(context.tenant, runId, path))?.status !== 'SUCCEEDED')
          await new Promise((resolve) => setTimeout(resolve, 5));
        done.push(performance.now() - askedAt);
      }
      return { answered, done };
    },
    async historyEvents() {
      let events = 0;
      const left = [...begun];
      await inLanes(begun.length, async () => {
        const { historyLength } = await client.workflow.getHandle(workflowIdOf(left.pop() ?? '')).describe();
        events += historyLength;
      });
      return events;
    },
  };
}

async function inLanes(times: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
