import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { createMemoryConversations, createNexusProvider } from '#routing';
import type { Catalogue, ModelCallRecord, NexusProviderDeps, RoutedCall } from '#routing';
import type { BreakerBoard, BreakerView } from '../../libs/routing/src/breaker/breaker-board.js';
import type { Ledger } from '../../libs/routing/src/budget/ledger.js';
import type { Deployment } from '../../libs/routing/src/catalogue/deployment.js';
import { whose } from './nexus-fixture.js';
import type { Wire } from './wires.js';

const unlimited = {
  requestsPerMinute: null,
  inputTokensPerMinute: null,
  outputTokensPerMinute: null,
  concurrency: null,
};

/** A deployment that costs a dollar per million tokens in and two out. */
export function deploymentOf(wire: Wire, id: string, facts: Partial<Deployment> = {}): Deployment {
  return {
    id,
    provider: wire.provider,
    region: null,
    account: 'default',
    model: wire.model,
    family: wire.model,
    grade: 1,
    abilities: ['tools', 'structured-output', 'images', 'reasoning', 'streaming'],
    contextWindow: 200_000,
    maxOutputTokens: 8_000,
    price: {
      id: 'p1',
      effectiveFrom: 0,
      input: 1_000_000_000,
      output: 2_000_000_000,
      cacheRead: null,
      cacheWrite: null,
      request: 0,
    },
    pools: [{ id: `pool-${id}`, ...unlimited }],
    domains: [id, `${id}/default`],
    ...facts,
  };
}

/** A catalogue of these deployments, each at a server. */
export function catalogueOf(
  wire: Wire,
  places: readonly (readonly [Deployment, url: string])[],
): Pick<Catalogue, 'offers' | 'adapter' | 'secrets'> {
  return {
    offers: () => places.map(([deployment]) => deployment),
    adapter: ({ id }) => {
      const place = places.find(([deployment]) => deployment.id === id);
      return wire.adapter(place?.[1] ?? '');
    },
    secrets: [],
  };
}

/** Breakers that note what they are told, and are open where a test says so. */
export function notingBoard(open: ReadonlyMap<string, number> = new Map()) {
  const told: string[] = [];
  const view = (name: string): BreakerView => {
    const availableAt = open.get(name) ?? null;
    return {
      name,
      state: availableAt === null ? 'CLOSED' : 'OPEN',
      availableAt,
      forced: null,
      failures: 0,
      calls: 0,
      reason: null,
      since: 0,
    };
  };
  const board: BreakerBoard = {
    view,
    all: () => [],
    async enter(name, now) {
      if ((open.get(name) ?? 0) > now) return null;
      let ended = false;
      return {
        end(result) {
          if (ended) return;
          ended = true;
          told.push(`${name} ${result.kind}${result.kind === 'failed' ? ` ${result.reason}` : ''}`);
        },
        failedLater: (reason) => void told.push(`${name} failed later ${reason}`),
      };
    },
  };
  return { board, told };
}

/** A ledger that notes what it is told; it refuses what is dearer than what is left. */
export function notingLedger(left: number | null = null) {
  const told: string[] = [];
  const keys = new Set<string>();
  const ledger: Ledger = {
    remaining: async () => left,
    standing: async () => ({ remaining: left, cheaper: false }),
    async reserve({ key, deployment, nanos }) {
      if (left !== null && nanos > left) {
        told.push(`refuse ${deployment} ${nanos}`);
        return { state: 'refused', budget: { scope: 'run', unit: 'money' }, left, pending: false };
      }
      if (keys.has(key)) return { state: 'dispatched' };
      keys.add(key);
      told.push(`reserve ${key} ${nanos}`);
      return { state: 'reserved' };
    },
    settle: async (key, _tenant, { nanos }) => void told.push(`settle ${key} ${nanos}`),
    release: async (key) => void told.push(`release ${key}`),
  };
  return { ledger, told };
}

/** The provider over a catalogue, with what it kept. */
export function routedWith(catalogue: NexusProviderDeps['catalogue'], deps: Partial<NexusProviderDeps> = {}) {
  const calls: ModelCallRecord[] = [];
  const routed: RoutedCall[] = [];
  const provider = createNexusProvider({
    providers: {},
    catalogue,
    callLog: async (call) => void calls.push(call),
    routeLog: async (call) => void routed.push(call),
    conversations: createMemoryConversations(),
    loadValue: async () => null,
    timeouts: { callMs: 20_000, firstPartMs: 10_000, stallMs: 10_000 },
    ...deps,
  });
  const ask = (options: Partial<LanguageModelV4CallOptions> = {}, nexus: object = {}) =>
    provider.languageModel('nexus:standard').doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
      ...options,
      providerOptions: { nexus: { ...whose, ...nexus } as never },
    });
  return {
    provider,
    ask,
    calls,
    routed,
    outcomes: () => routed.at(-1)?.trace.hops.map((hop) => hop.outcome),
  };
}
