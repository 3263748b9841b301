import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue, NexusError } from '#contracts';
import { recordingContext } from '../../test/tool-context.js';
import type { Resolve } from './guarded-agent.js';
import { httpRequestTool } from './http-request.js';

const open: (Server | TcpServer)[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(handle: RequestListener): Promise<{ port: number; url: string }> {
  const server = createServer(handle);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}

/** A listener on every loopback address that nobody should ever reach. */
async function canary(): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections++;
    socket.destroy();
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

async function send(
  input: JsonObject,
  allow: string[],
  context = recordingContext(),
  resolve?: Resolve,
): Promise<JsonObject> {
  return (await httpRequestTool(allow, resolve).run(input, context)) as JsonObject;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('http.request', () => {
  it('sends JSON with the idempotency key, and parses the JSON that comes back', async () => {
    const { port, url } = await listen(async (request, response) => {
      const seen = {
        method: request.method,
        key: request.headers['idempotency-key'],
        type: request.headers['content-type'],
        body: await bodyOf(request),
      };
      response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', 'x-two': ['a', 'b'] });
      response.end(JSON.stringify(seen));
    });
    expect(await send({ method: 'post', url, body: { n: [1, null] } }, [`127.0.0.1:${port}`])).toMatchObject({
      status: 201,
      headers: { 'x-two': 'a, b' },
      body: { method: 'POST', key: 'key-1', type: 'application/json', body: '{"n":[1,null]}' },
    });
  });

  it('sends text as it is, own headers first, and no key with GET', async () => {
    const { port, url } = await listen(async (request, response) => {
      response.end(
        `${request.headers['idempotency-key']} ${request.headers['content-type']} ${await bodyOf(request)}`,
      );
    });
    const allow = [`127.0.0.1:${port}`];
    expect(await send({ url }, allow)).toMatchObject({ status: 200, body: 'undefined undefined ' });
    const headers = { 'Content-Type': 'text/csv', 'IDEMPOTENCY-KEY': 'mine' };
    expect(await send({ url, method: 'PUT', body: 'a;b', headers }, allow)).toMatchObject({
      body: 'mine text/csv a;b',
    });
  });

  it.each<
    [
      string,
      (path: string) => { headers: Record<string, string>; body: Buffer },
      JsonValue,
      string | undefined,
    ]
  >([
    [
      'gzip',
      () => ({
        headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' },
        body: gzipSync('hello'),
      }),
      'hello',
      undefined,
    ],
    ['binary', () => ({ headers: {}, body: Buffer.from([255, 0]) }), '/wA=', 'base64'],
    [
      'latin1',
      () => ({ headers: { 'content-type': 'text/plain; charset=iso-8859-1' }, body: Buffer.from([0xfc]) }),
      'ü',
      undefined,
    ],
    [
      'bad JSON',
      () => ({ headers: { 'content-type': 'application/json' }, body: Buffer.from('{') }),
      '{',
      undefined,
    ],
    [
      'problem JSON',
      () => ({ headers: { 'content-type': 'application/problem+json' }, body: Buffer.from('{"a":1}') }),
      { a: 1 },
      undefined,
    ],
    [
      'nothing',
      () => ({ headers: { 'content-type': 'application/json' }, body: Buffer.alloc(0) }),
      '',
      undefined,
    ],
  ])('reads a reply of %s', async (_, reply, body, encoding) => {
    const { port, url } = await listen((_request, response) => {
      const { headers, body: bytes } = reply('');
      response.writeHead(200, headers).end(bytes);
    });
    const got = await send({ url }, [`127.0.0.1:${port}`]);
    expect([got['body'], got['encoding']]).toEqual([body, encoding]);
  });

  it.each([
    [404, {}, false, undefined],
    [400, { 'retry-after': '5' }, false, undefined],
    [408, {}, true, undefined],
    [429, { 'retry-after': '7' }, true, 7000],
    [429, { 'retry-after': '99999' }, true, 900_000],
    [429, { 'retry-after': 'soon' }, true, undefined],
    [503, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, true, 0],
    [500, {}, true, undefined],
  ])('fails on status %i %j: retryable %s after %s', async (status, headers, retryable, retryAfterMs) => {
    const { port, url } = await listen(
      (_request, response) => void response.writeHead(status, headers).end('because'),
    );
    const error = await send({ url: `${url}/a?token=secret` }, [`127.0.0.1:${port}`]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'TOOL_FAILED', failure: { retryable } });
    expect((error as { failure: { retryAfterMs?: number } }).failure.retryAfterMs).toBe(retryAfterMs);
    expect((error as Error).message).toBe(`GET ${url}/a: status ${status}: because`);
  });

  it('takes the statuses it is told to expect, and only those', async () => {
    const { port, url } = await listen(
      (request, response) =>
        void response.writeHead(request.url === '/moved' ? 302 : 404, { location: '/' }).end(),
    );
    const allow = [`127.0.0.1:${port}`];
    expect(await send({ url, expect: [200, 404] }, allow)).toMatchObject({ status: 404 });
    expect(await send({ url: `${url}/moved`, expect: [302] }, allow)).toMatchObject({ status: 302 });
    await expect(send({ url, expect: [200] }, allow)).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });

  it('can be retried when the network fails', async () => {
    const { port } = await listen((request) => request.socket.destroy());
    await expect(send({ url: `http://127.0.0.1:${port}/` }, [`127.0.0.1:${port}`])).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      failure: { retryable: true },
    });
    const gone: Resolve = (_, done) =>
      done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []);
    await expect(send({ url: 'http://gone.test/' }, [], recordingContext(), gone)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      failure: { retryable: true },
    });
  });

  it('stops at once on abort', async () => {
    const context = recordingContext();
    const { port, url } = await listen((_request, response) => {
      response.write('a part');
      context.abort();
    });
    await expect(send({ url }, [`127.0.0.1:${port}`], context)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it.each([
    [
      'plain',
      (response: Parameters<RequestListener>[1]) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 'x')));
        };
        response.on('drain', more);
        more();
      },
    ],
    [
      'a gzip bomb',
      (response: Parameters<RequestListener>[1]) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(64 << 20)));
      },
    ],
  ])('cuts a reply that is too large: %s', async (_, reply) => {
    const { port, url } = await listen((_request, response) => reply(response));
    await expect(send({ url }, [`127.0.0.1:${port}`])).rejects.toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
  });

  it('refuses bad inputs before anything is sent', async () => {
    const { port, connections } = await canary();
    for (const [input, code] of [
      [{ url: `ftp://127.0.0.1:${port}` }, 'FORBIDDEN_ADDRESS'],
      [{ url: `file:///etc/passwd` }, 'FORBIDDEN_ADDRESS'],
      [{ url: `http://user:pass@127.0.0.1:${port}` }, 'INVALID_INPUT'],
      [{ url: 'not a url' }, 'INVALID_INPUT'],
      [{ url: `http://127.0.0.1:${port}`, headers: { a: 'b\r\nc: d' } }, 'INVALID_INPUT'],
      [{ url: `http://127.0.0.1:${port}`, method: 'CONNECT' }, 'INVALID_INPUT'],
      [{ url: `http://127.0.0.1:${port}`, headers: { 'transfer-encoding': 'chunked' } }, 'INVALID_INPUT'],
    ] as const) {
      await expect(send(input, [`127.0.0.1:${port}`])).rejects.toMatchObject({
        code,
        failure: { retryable: false },
      });
    }
    expect(connections()).toBe(0);
  });
});

describe('whether nothing was done (A12)', () => {
  const known = async (input: JsonObject, allow: string[], resolve?: Resolve): Promise<unknown> => {
    const error = await send(input, allow, recordingContext(), resolve).catch((thrown: unknown) => thrown);
    return (error as NexusError).failure.noEffect ?? false;
  };

  it('knows before anything was sent', async () => {
    const { port } = await canary();
    const gone: Resolve = (_, done) =>
      done(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), []);
    // Port 1 is nobody's.
    for (const input of [
      { url: 'ftp://127.0.0.1' },
      { url: 'not a url' },
      { url: `http://127.0.0.1:${port}`, headers: { 'transfer-encoding': 'chunked' } },
      { url: `http://127.0.0.1:${port}/`, method: 'CONNECT' },
      { url: `http://localhost:${port}` },
      { url: 'http://127.0.0.1:1/', method: 'POST' },
    ])
      expect([input, await known(input, ['127.0.0.1:1'])]).toEqual([input, true]);
    expect(await known({ url: 'http://gone.test/' }, [], gone)).toBe(true);
  });

  it('knows when the server has refused, but not when that failed, broke, or was another', async () => {
    const { port, url } = await listen((request, response) => {
      const status = Number(request.url?.slice(1));
      if (status === 0) return void request.socket.destroy();
      if (status === 303) return void response.writeHead(303, { location: '/404' }).end();
      response.writeHead(status, status === 302 ? { location: 'ftp://x' } : {}).end();
    });
    const found: Record<number, unknown> = {};
    for (const status of [400, 404, 409, 429, 500, 503, 304, 0, 303, 302])
      found[status] = await known({ url: `${url}/${status}`, method: 'POST' }, [`127.0.0.1:${port}`]);
    const refused = { 400: true, 404: true, 409: true, 429: true };
    expect(found).toEqual({
      ...refused,
      500: false,
      503: false,
      304: false,
      0: false,
      303: false,
      302: false,
    });
  });
});

describe('redirects', () => {
  async function pair(status: number, handle: RequestListener): Promise<{ from: string; allow: string[] }> {
    const target = await listen(handle);
    const source = await listen(
      (_request, response) => void response.writeHead(status, { location: `${target.url}/there` }).end(),
    );
    return { from: source.url, allow: [`127.0.0.1:${target.port}`, `127.0.0.1:${source.port}`] };
  }

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [303, 'HEAD', 'HEAD', ''],
    [302, 'PUT', 'PUT', 'data'],
    [307, 'POST', 'POST', 'data'],
    [308, 'DELETE', 'DELETE', 'data'],
  ])('%i of %s goes on as %s', async (status, method, then, body) => {
    let seen: unknown;
    const { from, allow } = await pair(status, async (request, response) => {
      seen = { method: request.method, body: await bodyOf(request), key: request.headers['idempotency-key'] };
      response.end();
    });
    await send({ url: from, method, ...(method === 'HEAD' ? {} : { body: 'data' }) }, allow);
    expect(seen).toEqual({ method: then, body, key: body === '' ? undefined : 'key-1' });
  });

  it('drop what was meant for the first origin only', async () => {
    let seen: IncomingMessage['headers'] = {};
    const { from, allow } = await pair(302, (request, response) => {
      seen = request.headers;
      response.end();
    });
    await send({ url: from, headers: { Authorization: 'Bearer x', Cookie: 'c', 'X-Mine': 'kept' } }, allow);
    expect(seen).toMatchObject({ 'x-mine': 'kept' });
    expect(seen.authorization).toBeUndefined();
    expect(seen.cookie).toBeUndefined();
  });

  it('keep Authorization within an origin, and end after five', async () => {
    let hops = 0;
    const { port, url } = await listen((request, response) => {
      hops++;
      if (request.headers.authorization !== 'Bearer x') return void response.writeHead(401).end();
      response.writeHead(302, { location: '/again' }).end();
    });
    await expect(
      send({ url, headers: { authorization: 'Bearer x' } }, [`127.0.0.1:${port}`]),
    ).rejects.toThrow(/more than 5 redirects/);
    expect(hops).toBe(6);
  });

  it.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://[::1]:PORT/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:PORT/',
    '//0:PORT/',
  ])('do not lead to %s', async (location) => {
    const trap = await canary();
    const source = await listen(
      (_request, response) =>
        void response.writeHead(302, { location: location.replace('PORT', String(trap.port)) }).end(),
    );
    await expect(send({ url: source.url }, [`127.0.0.1:${source.port}`])).rejects.toMatchObject({
      code: 'FORBIDDEN_ADDRESS',
      failure: { retryable: false },
    });
    expect(trap.connections()).toBe(0);
  });
});

describe('addresses that are not public', () => {
  it.each([
    'http://127.0.0.1:PORT',
    'http://2130706433:PORT',
    'http://0x7f000001:PORT',
    'http://0177.0.0.1:PORT',
    'http://127.1:PORT',
    'http://0:PORT',
    'http://0.0.0.0:PORT',
    'http://127.0.0.1.:PORT',
    'http://localhost:PORT',
    'http://LOCALHOST:PORT',
    'http://[::1]:PORT',
    'http://[::]:PORT',
    'http://[::ffff:127.0.0.1]:PORT',
    'http://[::ffff:7f00:1]:PORT',
    'http://[::127.0.0.1]:PORT',
    'http://[0:0:0:0:0:0:0:1]:PORT',
    'http://127.0.0.1\\@example.com:PORT',
    'http://①②⑦.0.0.1:PORT',
    'http://127。0。0。1:PORT',
  ])('%s gets no connection', async (form) => {
    const trap = await canary();
    const text = form.replace('PORT', String(trap.port));
    await expect(send({ url: text }, ['127.0.0.1:1'])).rejects.toMatchObject({
      code: 'FORBIDDEN_ADDRESS',
      failure: { retryable: false, hint: expect.stringContaining('NEXUS_HTTP_ALLOW') },
    });
    expect(trap.connections()).toBe(0);
  });

  it('are not reached by a name with a trailing dot, whether that resolves or not', async () => {
    const trap = await canary();
    const context = recordingContext();
    const local: Resolve = (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    const url = `http://localhost.:${trap.port}`;
    await expect(send({ url }, [], context)).rejects.toBeDefined();
    await expect(send({ url }, [], context, local)).rejects.toMatchObject({ code: 'FORBIDDEN_ADDRESS' });
    expect(trap.connections()).toBe(0);
  });

  it('are refused when only one of a name is such', async () => {
    const trap = await canary();
    const resolve: Resolve = (_, done) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    await expect(
      send({ url: `http://rebind.test:${trap.port}` }, [], recordingContext(), resolve),
    ).rejects.toMatchObject({ code: 'FORBIDDEN_ADDRESS' });
    expect(trap.connections()).toBe(0);
  });

  it('are refused when a name changes after it was public', async () => {
    const trap = await canary();
    let asked = 0;
    const flip: Resolve = (_, done) => {
      asked++;
      done(null, [{ address: asked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]);
    };
    const url = `http://flip.test:${trap.port}`;
    await expect(send({ url }, [], recordingContext(), flip)).rejects.toMatchObject({
      code: 'FORBIDDEN_ADDRESS',
    });
    await expect(send({ url }, [], recordingContext(), flip)).rejects.toMatchObject({
      code: 'FORBIDDEN_ADDRESS',
    });
    expect(asked).toBe(2); // each time at the dial, and never a second look-up after the check
    expect(trap.connections()).toBe(0);
  });

  it('are reached where the host and port are listed', async () => {
    const { port } = await listen((_request, response) => void response.end('hi'));
    expect(await send({ url: `http://localhost:${port}` }, [`localhost:${port}`])).toMatchObject({
      body: 'hi',
    });
    await expect(send({ url: `http://localhost:${port}` }, [`localhost:${port + 1}`])).rejects.toMatchObject({
      code: 'FORBIDDEN_ADDRESS',
    });
  });
});
