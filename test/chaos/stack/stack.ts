import { join } from 'node:path';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { freePorts } from '../../../apps/cli/src/embedded/free-ports.js';
import { createHome, type Environment, type NexusProcess } from '../../e2e/nexus-process.js';
import { until } from '../../e2e/until.js';
import { launchPostgres, type OwnPostgres } from '../../support/start-postgres.js';
import { startLedger, type OutsideLedger } from '../outside/ledger.js';
import { superviseNode, type Node } from './node.js';

/** Two Nexuses over one database and one Temporal server, and the world outside. */
export interface Stack {
  readonly nodes: readonly [Node, Node];
  readonly postgres: OwnPostgres;
  readonly ledger: OutsideLedger;
  /** Process ID of the Temporal server; undefined while there is none. */
  readonly temporalPid: () => number | undefined;
  /** One that serves, now this and now that; null when none does. */
  readonly api: () => NexusProcess | null;
  readonly stop: () => Promise<void>;
}

/** Starts everything, in processes of its own each; `more` reaches both Nexuses. */
export async function startStack(more: Environment = {}): Promise<Stack> {
  const postgres = await launchPostgres(cacheFolder());
  const homes = [createHome('chaos-a'), createHome('chaos-b')] as const;
  const ledger = await startLedger(homes[0].ledger);
  const [port = 0] = await freePorts(1);
  const env = {
    DATABASE_URL: postgres.url,
    CHAOS_LEDGER: ledger.url,
    NEXUS_TOOLS: join(repositoryRoot, 'test/chaos/tools'),
    ...more,
  };
  const a = superviseNode('a', homes[0], { ...env, NEXUS_TEMPORAL_PORT: String(port) });
  await until('the first Nexus serves', () => a.serving(), { withinMs: 120_000 });
  const b = superviseNode('b', homes[1], { ...env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  await until('the second Nexus serves', () => b.serving(), { withinMs: 120_000 });
  const nodes = [a, b] as const;
  let turn = 0;
  return {
    nodes,
    postgres,
    ledger,
    temporalPid: () => a.serving()?.temporalPids()[0],
    api: () => {
      turn += 1;
      const [first, second] = turn % 2 === 0 ? [a, b] : [b, a];
      return first.serving() ?? second.serving();
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all(homes.map((home) => home.remove()));
      await ledger.stop();
      await postgres.stop();
    },
  };
}
