import { describe, expect, test } from 'vitest';
import { collectEvents, startServer } from '../support/dev-server.js';
import { openSocket, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const CONNECT = '/v2/service/-/-/connect';
const SPAWN = '/user/-/service/-/spawn';

/** One of each kind of refusal; all of them are in bad-fields, bad-bodies and bad-paths. */
const cases: [path: string, body: unknown][] = [
  [CONNECT, '{"key": "a"'],
  [CONNECT, [1]],
  [CONNECT, { key: '' }],
  [CONNECT, { spawn: { max_idle_seconds: -1 } }],
  [CONNECT, { spawn: { executable: { env: { PORT: '1' } } } }],
  [CONNECT, { auth: 'x'.repeat(2 * 1024 * 1024) }],
  [SPAWN, { lock: 7 }],
  ['/v2/backend/nosuchbackend1/terminate', {}],
  ['/v2/backend/%zz/terminate', {}],
  ['/v2/nowhere', {}],
  ['/auth', {}],
];

describe('HTTP API', () => {
  describe('bad requests disturb nothing else', () => {
    test('backends and open connections go on', async () => {
      const server = await startServer();
      const { url } = await server.connect({ key: 'k' });
      const { pid } = (await send(url)).json();
      const answers = await Promise.all(cases.map(([path, body]) => post(`${server.apiUrl}${path}`, body)));
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 413, 400, 404, 400, 404, 405]);
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
      const faults = collectEvents(server, 'fault');
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
});
