import { describe, expect, test } from 'vitest';
import { startServer } from '../support/dev-server.js';
import { openSocket, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const CONNECT = '/v2/service/-/-/connect';
const SPAWN = '/user/-/service/-/spawn';
const longKey = '🔑'.repeat(129);

const cases: [name: string, path: string, body: unknown, status: number, code: string, says: string][] = [
  ['JSON cut short', CONNECT, '{"key": "a"', 400, 'InvalidJson', 'not valid JSON'],
  ['no JSON at all', CONNECT, 'key=a', 400, 'InvalidJson', 'not valid JSON'],
  ['a list for a body', CONNECT, [1], 400, 'InvalidRequest', 'not a list'],
  ['a string for a body', CONNECT, '"a"', 400, 'InvalidRequest', 'not a string'],
  ['a key that is a number', CONNECT, { key: 7 }, 400, 'InvalidKey', 'not a number'],
  ['an empty key', CONNECT, { key: '' }, 400, 'InvalidKey', 'empty'],
  ['a key of 129 characters', CONNECT, { key: longKey }, 400, 'InvalidKey', '129 characters'],
  ['half a surrogate pair', CONNECT, '{"key": "\\ud83d"}', 400, 'InvalidKey', 'surrogate'],
  ['a user that is an object', CONNECT, { user: {} }, 400, 'InvalidRequest', '"user" must be a string, not an object'],
  ['auth that is a list', CONNECT, { auth: [] }, 400, 'InvalidRequest', '"auth" must be an object, not a list'],
  [
    'spawn that is a string',
    CONNECT,
    { spawn: 'yes' },
    400,
    'InvalidRequest',
    '"spawn" must be true or false or an object',
  ],
  [
    'a negative idle time',
    CONNECT,
    { spawn: { max_idle_seconds: -1 } },
    400,
    'InvalidRequest',
    '"spawn.max_idle_seconds"',
  ],
  ['an idle time in words', CONNECT, { spawn: { max_idle_seconds: '5m' } }, 400, 'InvalidRequest', 'not "5m"'],
  [
    'half a second of lifetime',
    CONNECT,
    { spawn: { lifetime_limit_seconds: 0.5 } },
    400,
    'InvalidRequest',
    'whole number',
  ],
  [
    'env that is no text',
    CONNECT,
    { spawn: { executable: { env: { A: 1 } } } },
    400,
    'InvalidRequest',
    '"spawn.executable.env.A"',
  ],
  ['reserved env', CONNECT, { spawn: { executable: { env: { PORT: '1' } } } }, 400, 'ReservedEnv', '"PORT"'],
  ['an impossible env name', CONNECT, { spawn: { executable: { env: { 'A=B': '1' } } } }, 400, 'InvalidRequest', 'A=B'],
  ['NUL in env', CONNECT, { spawn: { executable: { env: { A: '\0' } } } }, 400, 'InvalidRequest', 'NUL'],
  ['v1: a lock that is empty', SPAWN, { lock: '' }, 400, 'InvalidKey', 'empty'],
  ['v1: reserved env', SPAWN, { env: { SESSION_BACKEND_ID: 'x' } }, 400, 'ReservedEnv', '"SESSION_BACKEND_ID"'],
  ['v1: grace in words', SPAWN, { grace_period_seconds: 'x' }, 400, 'InvalidRequest', '"grace_period_seconds"'],
  ['an unknown backend', '/v2/backend/nosuchbackend1/terminate', {}, 404, 'BackendNotFound', 'nosuchbackend1'],
  ['an unknown path', '/v2/nowhere', {}, 404, 'RouteNotFound', '/v2/nowhere'],
  ['a path that is not encoded well', '/v2/backend/%zz/terminate', {}, 400, 'InvalidRequest', '%zz'],
];

test.each(cases)('%s is answered in the error shape', async (_name, path, body, status, code, says) => {
  const server = await startServer();
  const answer = await post(`${server.apiUrl}${path}`, body);
  expect(answer.headers['content-type']).toBe('application/json');
  expect({ status: answer.status, ...answer.json() }).toEqual({
    status,
    error: { message: expect.stringContaining(says), status, code, id: expect.stringMatching(/^\w+$/) },
  });
  expect(server.parts.platform.backends).toEqual([]);
});

test.each([
  '/v2/backend/nosuchbackend1',
  '/backend/nosuchbackend1/status',
  '/v2/backend/x/logs/stream',
  '/v2/backend/..%2f../logs/stream',
])('GET %s of an unknown backend is 404', async (path) => {
  const server = await startServer();
  expect((await send(`${server.apiUrl}${path}`)).json()).toMatchObject({
    error: { code: 'BackendNotFound', status: 404 },
  });
});

test('null stands for a field that is not given', async () => {
  const server = await startServer();
  const body = { key: null, user: null, auth: null, spawn: null };
  expect((await post(`${server.apiUrl}${CONNECT}`, body)).status).toBe(200);
});

test('a key of 128 code points passes, whatever they are', async () => {
  const server = await startServer();
  const key = '🔑'.repeat(128);
  const { url } = (await post(`${server.apiUrl}${CONNECT}`, { key })).json<{ url: string }>();
  expect((await send(url)).json()).toMatchObject({ environment: { SESSION_BACKEND_KEY: key } });
});

test('a body of more than 1 MiB is refused, one of a little less is not', async () => {
  const server = await startServer();
  const filler = (bytes: number) => JSON.stringify({ auth: { filler: 'x'.repeat(bytes - 26) } });
  const tooMuch = await post(`${server.apiUrl}${CONNECT}`, filler(1024 * 1024 + 100));
  expect(tooMuch.json()).toMatchObject({ error: { status: 413, code: 'BodyTooLarge' } });
  expect((await post(`${server.apiUrl}${CONNECT}`, filler(1024 * 1024 - 100))).status).toBe(200);
});

describe('bad requests disturb nothing else', () => {
  test('backends and open connections go on', async () => {
    const server = await startServer();
    const { url } = await server.connect({ key: 'k' });
    const { pid } = (await send(url)).json();
    await Promise.all(cases.map(([, path, body]) => post(`${server.apiUrl}${path}`, body)));
    expect((await send(url)).json().pid).toBe(pid);
    expect(server.parts.platform.backends).toHaveLength(1);
  });

  test('a client that hangs up half-way through a body, or talks no HTTP, is forgotten', async () => {
    const server = await startServer();
    const half = await openSocket(server.apiUrl);
    half.socket.write(`POST ${CONNECT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"key"`);
    half.socket.destroy();
    const nonsense = await openSocket(server.apiUrl);
    nonsense.socket.write('\x16\x03\x01 this is TLS, or so\r\n\r\n');
    await waitFor(() => nonsense.received().startsWith('HTTP/1.1 400'), 'an answer to nonsense');
    expect((await send(`${server.apiUrl}/auth`)).status).toBe(200);
    expect(server.parts.platform.backends).toEqual([]);
  });

  test('a client that gives up waiting for a key does not get a backend', async () => {
    const command = `node -e "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 500)); require('http').createServer((q, s) => s.end()).listen(process.env.PORT)"`;
    const server = await startServer({ command });
    const faults: unknown[] = [];
    server.events.on('fault', (error) => faults.push(error));
    const { backend_id: id, url } = await server.connect({ key: 'k' });
    await send(url);
    await post(`${server.apiUrl}/v2/backend/${id}/terminate`, {});
    const { socket, received } = await openSocket(server.apiUrl);
    // On one connection, one after the other: once the first is answered, the second has arrived as well.
    const connect = `POST ${CONNECT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 11\r\n\r\n{"key":"k"}`;
    socket.write(`GET /auth HTTP/1.1\r\nhost: localhost\r\n\r\n${connect}`);
    await waitFor(() => received().includes('accounts'), 'the first answer');
    socket.destroy();
    await server.parts.platform.backend(id).gone;
    expect((await send(`${server.apiUrl}/auth`)).status).toBe(200);
    expect(server.parts.platform.running).toEqual([]);
    expect(faults).toEqual([]);
  });
});

describe('who may call', () => {
  test.each(['evil.example', 'localhost.evil.example', '10.0.0.1'])('the host %s is refused', async (host) => {
    const server = await startServer();
    const answer = await post(`${server.apiUrl}${CONNECT}`, {}, { host });
    expect(answer.json()).toMatchObject({ error: { status: 403, code: 'HostNotAllowed' } });
    expect(answer.text).toContain('allowedHosts');
  });

  test.each(['localhost', 'doc.localhost', '127.0.0.1', '[::1]', 'host.docker.internal'])(
    'the host %s is served',
    async (host) => {
      const server = await startServer();
      expect((await send(`${server.apiUrl}/auth`, { headers: { host: `${host}:8080` } })).status).toBe(200);
    },
  );

  test('a page from elsewhere may read statuses and nothing else', async () => {
    const server = await startServer();
    const { backend_id: id, status_url } = await server.connect();
    const origin = 'https://evil.example';
    const status = await send(status_url, { headers: { origin } });
    expect(status.status).toBe(200);
    expect(status.headers['access-control-allow-origin']).toBe('*');
    for (const [path, body] of [
      [CONNECT, {}],
      [`/v2/backend/${id}/terminate`, {}],
      [SPAWN, {}],
    ] as const) {
      const answer = await post(`${server.apiUrl}${path}`, body, { origin, 'content-type': 'text/plain' });
      expect(answer.json()).toMatchObject({ error: { status: 403, code: 'OriginNotAllowed' } });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    for (const path of [`/v2/backend/${id}/logs/stream`, '/_jamdev/logs', '/_jamdev/backends', `/v2/backend/${id}`]) {
      expect((await send(`${server.apiUrl}${path}`, { headers: { origin } })).status).toBe(403);
    }
    expect(server.parts.platform.running).toHaveLength(1);
  });

  test('a page on this machine may call, preflight included', async () => {
    const server = await startServer();
    const origin = 'http://localhost:3000';
    const preflight = await send(`${server.apiUrl}${CONNECT}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
    });
    const answer = await post(`${server.apiUrl}${CONNECT}`, {}, { origin });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });
});
