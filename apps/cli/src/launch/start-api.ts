import { finishKill, startSweeper, tellWorkflow } from '#commands';
import type { CommandDeps, Commands } from '#commands';
import type { NexusConfig } from '#config';
import { operatorsTemporal, startOperatorWatch } from '#operators';
import { randomUUID } from 'node:crypto';
import { createApiApp } from '../../../api/src/index.js';
import type { TemporalAccess } from './temporal-access.js';

export interface ApiParts {
  readonly config: NexusConfig;
  readonly commands: Commands;
  readonly deps: CommandDeps;
  readonly temporal: TemporalAccess;
}

export interface RunningApi {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** The API over the commands, and the sweep that starts what a crash left behind. */
export async function startApi({ config, commands, deps, temporal }: ApiParts): Promise<RunningApi> {
  const { store, logger } = deps;
  const dependencies = [
    { name: 'database', check: () => store.ping() },
    { name: 'temporal', check: temporal.check },
  ];
  const app = await createApiApp(
    { commands, logger, dependencies },
    { ...config.api, introspection: true, home: homeFacts(temporal) },
  );
  const { url } = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const sweeper = startSweeper(deps);
  const watch = startOperatorWatch(
    {
      store,
      logger,
      now: deps.now,
      temporal: operatorsTemporal(temporal.client),
      tell: (...signals) => tellWorkflow(deps, ...signals),
      terminate: deps.workflows.terminate,
      kill: async (run) => void (await finishKill(deps, run, performance.now(), 'RUN')),
    },
    `${process.pid}/${randomUUID()}`,
  );
  return {
    url,
    stop: async () => {
      app.drain();
      await Promise.all([app.close(), sweeper.stop(), watch.stop()]);
    },
  };
}

function homeFacts({ uiUrl }: TemporalAccess) {
  const temporalUi =
    uiUrl === null ? [] : [{ name: 'Temporal UI', href: uiUrl, about: 'every run as Temporal sees it' }];
  return {
    places: [
      {
        name: 'GraphQL',
        href: '/graphql',
        about: 'the API: queries and mutations over HTTP, subscriptions over graphql-ws',
      },
      { name: 'Readiness', href: '/readyz', about: 'whether everything it needs is there' },
      ...temporalUi,
    ],
    hints: [
      {
        command: 'nexus run "Report on the health of this repository" --input repo="$PWD"',
        about: 'start a goal and watch it',
      },
      { command: 'nexus status', about: 'the newest runs' },
      { command: 'nexus --help', about: 'everything else' },
    ],
  };
}
