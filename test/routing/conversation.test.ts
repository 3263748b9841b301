import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import type { LanguageModelV4Message, ProviderV4 } from '@ai-sdk/provider';
import type { JsonValue } from '#contracts';
import { createKeptConversations, createMemoryConversations } from '#routing';
import type { ConversationStore } from '#routing';
import { anthropicAt, nexusWith, openaiAt, startModelServer, whose } from './nexus-fixture.js';

let server: LLMock;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => {
  server.reset();
  server.on(
    { userMessage: 'weather', turnIndex: 0 },
    { toolCalls: [{ id: 'call_1', name: 'look', arguments: '{"at":"sky"}' }] },
  );
  server.on({ userMessage: 'weather', turnIndex: 1 }, { content: 'It is fine.' });
});
afterAll(() => server.stop());

const question: LanguageModelV4Message[] = [
  { role: 'system', content: 'You tell the weather.' },
  { role: 'user', content: [{ type: 'text', text: 'weather?' }] },
];

function result(value: string, ref?: { ref: string; bytes: number }): LanguageModelV4Message[] {
  const kept = ref === undefined ? {} : { providerOptions: { nexus: { value: { ...ref } } } };
  const output = { type: 'json' as const, value };
  return [
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'call_1', toolName: 'look', output, ...kept }],
    },
  ];
}

async function turn(provider: ProviderV4, after: string | null, prompt: LanguageModelV4Message[]) {
  const providerOptions = { nexus: { ...whose, conversation: { id: 'talk', after } } };
  const reply = await provider.languageModel('nexus:standard').doGenerate({ prompt, providerOptions });
  const id = reply.providerMetadata?.['nexus']?.['turn'] as string;
  const [first] = reply.content;
  return { id, text: first?.type === 'text' ? first.text : undefined };
}

/** Messages by turn, the first of each kept. */
function keptInMemory(): ConversationStore {
  const rows = new Map<string, readonly JsonValue[]>();
  return createKeptConversations({
    append: async (tenant, runId, path, turn, messages) => {
      const place = [tenant, runId, path, turn].join();
      rows.set(place, rows.get(place) ?? structuredClone(messages));
    },
    load: async (tenant, runId, path) =>
      [...rows].flatMap(([place, messages]) =>
        place.startsWith([tenant, runId, path, ''].join()) ? messages : [],
      ),
  });
}

describe.each([
  ['in memory', createMemoryConversations],
  ['in a repository of messages', keptInMemory],
])('a conversation kept %s', (_where, createConversations) => {
  for (const [name, settings] of [
    ['OpenAI', openaiAt],
    ['Anthropic', anthropicAt],
  ] as const) {
    it(`gives the model all that was said before, though the caller sends only what is new (${name})`, async () => {
      const { provider } = nexusWith(settings(server), { conversations: createConversations() });
      const first = await turn(provider, null, question);
      const second = await turn(provider, first.id, result('blue'));
      expect(second.text).toBe('It is fine.');
      const { messages = [] } = (server.getLastRequest()?.body ?? {}) as { messages?: { role: string }[] };
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
      expect(JSON.stringify(messages)).toMatch(/look.*sky.*blue/);
    });
  }

  it('answers a turn that is asked again from what is kept, at no cost', async () => {
    const { provider, calls } = nexusWith(openaiAt(server), { conversations: createConversations() });
    const first = await turn(provider, null, question);
    expect(await turn(provider, null, question)).toEqual(first);
    expect(calls).toHaveLength(1);
    expect(server.getRequests()).toHaveLength(1);
  });

  it('takes another way from an earlier turn without disturbing the first', async () => {
    const { provider } = nexusWith(openaiAt(server), { conversations: createConversations() });
    const first = await turn(provider, null, question);
    const fine = await turn(provider, first.id, result('blue'));
    const other = await turn(provider, first.id, result('grey'));
    expect(other.id).not.toBe(fine.id);
    expect(JSON.stringify(server.getLastRequest()?.body)).not.toContain('blue');
    expect(await turn(provider, first.id, result('blue'))).toEqual(fine);
  });

  it('reads results of tools that are kept elsewhere, and cuts those that are too long', async () => {
    const loaded: unknown[] = [];
    const loadValue = async (tenant: string, value: unknown) => {
      loaded.push([tenant, value]);
      return `${'long '.repeat(20_000)}end`;
    };
    const { provider } = nexusWith(openaiAt(server), { loadValue, conversations: createConversations() });
    const first = await turn(provider, null, question);
    await turn(provider, first.id, result('', { ref: 'art_1', bytes: 100_000 }));
    expect(loaded).toEqual([['default', { ref: 'art_1', bytes: 100_000 }]]);
    const request = JSON.stringify(server.getLastRequest()?.body);
    expect(request).toContain('[cut here: 64000 of 100005 characters are shown]');
    expect(request).not.toContain('long end');
  });

  it('counts the reply that was kept first when two attempts ask at once', async () => {
    const conversations = createConversations();
    server.prependFixture({ match: { userMessage: 'race', sequenceIndex: 0 }, response: { content: 'one' } });
    server.prependFixture({ match: { userMessage: 'race', sequenceIndex: 1 }, response: { content: 'two' } });
    const { provider } = nexusWith(openaiAt(server), { conversations });
    const ask = () => turn(provider, null, [{ role: 'user', content: [{ type: 'text', text: 'race' }] }]);
    const [a, b] = await Promise.all([ask(), ask()]);
    expect(a).toEqual(b);
  });
});
