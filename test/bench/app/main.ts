import { sequenceSteps, type Workload } from '../work/workloads.js';
import { makeColumn } from '../columns/make-column.js';
import { createStep } from '../work/step.js';
import { runLoad } from './run-load.js';
import type { AppCalls, AppReply, AppRequest, AppSetting } from './protocol.js';

// One column in a process of its own, so that its memory and CPU are its own and it can be killed.
const setting = JSON.parse(process.argv[2] ?? '{}') as AppSetting;
const steps = createStep(setting.marksUrl);
const column = await makeColumn(setting.column, setting, steps);
await column.start();

const seen = new Set<Workload>();

const unable = async (): Promise<never> => {
  throw new Error(`${setting.column} cannot do that`);
};

const calls: AppCalls = {
  load(load, prefix) {
    seen.add(load.workload);
    return runLoad(load, (id) => column.run(load.workload, id), prefix);
  },
  submit: (prefix, runs, slow) =>
    Promise.all(Array.from({ length: runs }, (_, nth) => column.submit(`${prefix}-${nth}`, slow))),
  async recover(names) {
    const how = await column.recover(names);
    const results = await Promise.allSettled(names.map((name) => column.wait(name)));
    const complete = results.filter(
      (r) => r.status === 'fulfilled' && r.value.length === sequenceSteps,
    ).length;
    const failed = results.find((result) => result.status === 'rejected');
    return { how, complete, endedAt: Date.now(), firstFailure: failed && String(failed.reason) };
  },
  async events() {
    const counts: Record<string, number> = {};
    if (!column.events) return counts;
    for (const workload of seen) counts[workload] = await column.events(workload);
    return counts;
  },
  readyToStarted: async () => (await column.readyToStarted?.()) ?? [],
  map: column.map ?? unable,
  ...(column.control ?? { begin: unable, kill: unable, pause: unable, resume: unable }),
  rollBack: column.rollBack ?? unable,
  ...(column.asking ?? { ask: unable, pages: unable, decide: unable, historyEvents: unable }),
  async stop() {
    await column.stop();
    await steps.close();
  },
};

process.on('message', ({ id, call, args }: AppRequest) => {
  const reply = (answer: AppReply): void => void process.send?.(answer);
  (calls[call] as (...given: readonly unknown[]) => Promise<unknown>)(...args).then(
    (value) => reply({ id, value }),
    (error: unknown) =>
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
// Whoever asks is gone: so is the reason to run.
process.on('disconnect', () => process.exit(0));
process.send?.({ id: 0, value: null } satisfies AppReply);
