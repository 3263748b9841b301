import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { createApiApp } from '../../apps/api/src/index.js';
import { createCommands } from '#commands';
import { type ApiUnderTest, chain, startApi, startedRun, startPlan } from './api-under-test.js';
import { subscribe } from './graphql-socket.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${api.url}/graphql`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

/** A request whose `Host` is not that of its address; fetch would not send one. */
function withHeaders(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${api.url}${path}`, { method: 'POST', headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end('{"query":"{ tools { name } }"}');
  });
}

describe('a request to /graphql', () => {
  it('keeps its ID in the reply and in its errors', async () => {
    const given = await api.graphql(
      `{ runs(first: 0) { edges { cursor } } }`,
      {},
      { 'x-request-id': 'mine-1' },
    );
    expect(given.requestId).toBe('mine-1');
    expect(given.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', requestId: 'mine-1' });
    const made = await api.graphql(
      `{ runs(first: 0) { edges { cursor } } }`,
      {},
      { 'x-request-id': 'not fit\tfor a log' },
    );
    expect(made.requestId).toMatch(/^req_/);
    expect(made.errors[0]?.extensions['requestId']).toBe(made.requestId);
  });

  it('of more than 40 MB is refused as GraphQL refuses', async () => {
    const body = JSON.stringify({
      query: startPlan,
      variables: { input: { plan: chain(1), inputs: 'x'.repeat(41 << 20) } },
    });
    const response = await post(body);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'the request is larger than 40 MB', extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  it('with inputs of more than 32 MB is refused in the payload', async () => {
    const { data } = await api.graphql(startPlan, {
      input: { plan: chain(1), inputs: { text: 'x'.repeat(33 << 20) } },
    });
    expect(data.startPlan.userErrors).toEqual([
      expect.objectContaining({ field: ['inputs'], message: expect.stringContaining('at most 33554432') }),
    ]);
  });

  it.each([
    ['{"query":', 400, /not JSON/],
    ['{"query":"{ nope }"}', 400, /Cannot query field "nope"/],
    ['{"query":"{ tools { name }"}', 400, /Syntax Error/],
    [
      '{"query":"query ($n: Int!) { runs(first: $n) { edges { cursor } } }","variables":{"n":"x"}}',
      400,
      /\$n/,
    ],
    ['{}', 400, /./],
  ])('that reads %s is answered with what is wrong', async (body, status, message) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions: Record<string, unknown> }[];
    };
    expect(errors[0]?.message).toMatch(message);
    expect(errors[0]?.extensions['code']).toMatch(/^(BAD_USER_INPUT|GRAPHQL_(PARSE|VALIDATION)_FAILED)$/);
    expect(errors[0]?.extensions['requestId']).toBe(response.headers.get('x-request-id'));
  });

  it.each([
    ['subscription { runsChanged { id } }', {}],
    ['query A { tools { name } } query B { tools { name } }', {}],
    ['query A { tools { name } }', { operationName: 'B' }],
  ])('that cannot be carried out over HTTP says so: %s', async (query, more) => {
    const response = await post(JSON.stringify({ query, ...more }));
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions: { code: string } }[];
    };
    expect([response.status, errors[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('that a form of another page could send is refused', async () => {
    const response = await post('{"query":"{ tools { name } }"}', { 'content-type': 'text/plain' });
    expect(response.status).toBe(400);
    const get = await fetch(`${api.url}/graphql?query={tools{name}}`);
    expect(get.status).toBe(400);
    expect(await get.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('may go 12 levels deep, and not without end', async () => {
    const nested = (levels: number) =>
      `{ run(id: "run_x") { ${'forkedFrom { '.repeat(levels)} id ${' }'.repeat(levels)} } }`;
    expect((await api.graphql(nested(10))).errors).toEqual([]);
    const { errors, status } = await api.graphql(nested(40));
    expect(status).toBe(400);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('depth 42'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    const wide = Array.from({ length: 60 }, (_unused, index) => `a${index}: tools { name }`).join(' ');
    expect((await api.graphql(`{ ${wide} }`)).errors[0]?.message).toContain('rootFields 60');
    const costly = `{ runs(first: 200) { edges { node { tasks(first: 200) { edges { node { attempts { number } } } }
      events(first: 200) { edges { node { type } } } more: events(first: 200) { edges { node { type } } }
      rest: tasks(first: 200) { edges { node { attempts { number error { cause { code } } } } } } } } } }`;
    expect((await api.graphql(costly)).errors[0]?.message).toContain('cost');
  });

  it('whose fault is ours says nothing of it, and the log does', async () => {
    const broken = await startApi({
      store: {
        ...api.store,
        runs: { ...api.store.runs, get: () => Promise.reject(new TypeError('secret detail')) },
      },
    });
    const { errors, requestId } = await broken.graphql(`{ run(id: "run_x") { id } }`);
    expect(errors[0]?.extensions).toMatchObject({ code: 'INTERNAL', requestId });
    expect(JSON.stringify(errors)).not.toContain('secret detail');
    const logged = broken.log.map(
      (line) => JSON.parse(line) as { requestId?: string; error?: { message: string } },
    );
    expect(logged).toContainEqual(
      expect.objectContaining({ requestId, error: expect.objectContaining({ message: 'secret detail' }) }),
    );
    await broken.close();
  });
});

describe('a page from elsewhere', () => {
  it('whose name was made to lead here is refused', async () => {
    const headers = { 'content-type': 'application/json' };
    const rebound = await withHeaders('/graphql', { ...headers, host: 'evil.test:4000' });
    expect(rebound.status).toBe(403);
    expect(JSON.parse(rebound.body)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect((await withHeaders('/graphql', { ...headers, origin: 'https://evil.test' })).status).toBe(403);
    expect((await withHeaders('/graphql', { ...headers, origin: 'http://localhost:3000' })).status).toBe(200);
  });

  it('gets no socket', async () => {
    const { port } = new URL(api.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        const lines = [
          'GET /graphql HTTP/1.1',
          'host: evil.test',
          'connection: upgrade',
          'upgrade: websocket',
        ];
        const key = ['sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version: 13'];
        socket.write(
          `${[...lines, ...key, 'sec-websocket-protocol: graphql-transport-ws'].join('\r\n')}\r\n\r\n`,
        );
      });
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.on('close', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 403/);
  });
});

describe('/v1/artefacts', () => {
  async function artefact(runId: string, name: string, internal = false) {
    const content = Buffer.from(`content of ${name}`);
    return api.store.artefacts.put({
      tenant: 'default',
      runId,
      name,
      mediaType: 'text/plain',
      content,
      internal,
    });
  }

  it('gives an artefact with its type, length, name and tag', async () => {
    const runId = await startedRun(api);
    const { id } = await artefact(runId, 'report ü.txt');
    const { data } = await api.graphql(
      `{ run(id: "${runId}") { artefacts { edges { node { id name bytes sha256 url } } } } }`,
    );
    const [{ node }] = data.run.artefacts.edges;
    const response = await fetch(`${api.url}${node.url}`);
    const text = await response.text();
    expect(text).toBe('content of report ü.txt');
    expect(createHash('sha256').update(text).digest('hex')).toBe(node.sha256);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-length': String(node.bytes),
      'content-disposition': expect.stringContaining("filename*=UTF-8''report%20%C3%BC.txt"),
      etag: `"${node.sha256}"`,
    });
    const again = await fetch(`${api.url}${node.url}`, { headers: { 'if-none-match': `"${node.sha256}"` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const found = await api.graphql(`{ node(id: "${id}") { __typename id } }`);
    expect(found.data.node).toEqual({ __typename: 'Artefact', id });
  });

  it('knows nothing of what only Nexus reads, nor of what is not there', async () => {
    const { id } = await artefact(await startedRun(api), 'value.json', true);
    for (const unknown of [id, 'art_nothing', 'nothing', '%00']) {
      const response = await fetch(`${api.url}/v1/artefacts/${unknown}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        404,
        expect.stringContaining('problem+json'),
      ]);
      expect(await response.json()).toMatchObject({ title: 'NOT_FOUND', status: 404 });
    }
  });
});

describe('the server', () => {
  const home = { places: [{ name: 'API <x>', href: '/graphql', about: 'GraphQL' }], hints: [] };
  const options = { host: '127.0.0.1', port: 0, introspection: true, home };
  const deps = (check: () => Promise<void>) => ({
    commands: createCommands(api.deps),
    logger: api.deps.logger,
    dependencies: [{ name: 'database', check }],
  });

  it('says at / what is where', async () => {
    const response = await fetch(api.url);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await response.text()).toContain('href="/graphql"');
  });

  it('is alive always, and ready while what it needs answers and it does not drain', async () => {
    let broken = false;
    const app = await createApiApp(
      deps(() => (broken ? Promise.reject(new Error('gone')) : Promise.resolve())),
      options,
    );
    const { url } = await app.listen();
    const ready = async () => {
      const response = await fetch(`${url}/readyz`);
      return [response.status, ((await response.json()) as { checks: object }).checks];
    };
    expect(await ready()).toEqual([200, { database: 'ok' }]);
    broken = true;
    expect(await ready()).toEqual([503, { database: 'fails: gone' }]);
    broken = false;
    app.drain();
    expect(await ready()).toEqual([503, { database: 'ok', server: 'draining' }]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await app.close();
  });

  it('says so when its port is taken', async () => {
    const port = Number(new URL(api.url).port);
    const app = await createApiApp(
      deps(() => Promise.resolve()),
      { ...options, port },
    );
    await expect(app.listen()).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: `the API cannot listen on 127.0.0.1:${port}: another program listens there`,
    });
    await app.close();
  });

  it('ends what it has begun before it closes, and takes no more', async () => {
    let release = (): void => undefined;
    let reached = (): void => undefined;
    const begun = new Promise<void>((resolve) => (reached = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    const get: typeof api.store.runs.get = async (tenant, id) => {
      reached();
      await held;
      return api.store.runs.get(tenant, id);
    };
    const server = await startApi({ store: { ...api.store, runs: { ...api.store.runs, get } } });
    const answer = server.graphql(`{ run(id: "run_nobody") { id } }`);
    await begun;
    const closed = server.close();
    release();
    expect((await answer).data).toEqual({ run: null });
    await closed;
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('lets go of subscriptions when it closes', async () => {
    const server = await startApi({ store: api.store });
    const events = subscribe(
      server.url,
      `subscription { runEvents(runId: "${await startedRun(server)}") { cursor } }`,
    );
    await events.reached(2);
    await server.close();
    expect(await events.ended).toBe('lost');
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });
});
