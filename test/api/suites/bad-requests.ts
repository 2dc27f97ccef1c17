import { describe, expect, test } from 'vitest';
import { type ApiSuite, control } from '../../support/api/test-api.js';
import { openSocket, send } from '../../support/http.js';
import { waitFor } from '../../support/wait.js';

const CONNECT = '/v2/service/-/-/connect';
const SPAWN = '/user/-/service/-/spawn';

/** One refusal of each kind; bad-fields, bad-bodies and bad-paths have all of them. */
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

/** What refused requests leave behind, and who may send requests. */
export const badRequests: ApiSuite = (target) => {
  describe('HTTP API', () => {
    describe('bad requests affect nothing else', () => {
      test('backends and open connections continue', async () => {
        const api = await target.open();
        const { url } = await api.connect({ key: 'k' });
        const pid = await control(url, 'pid');
        const answers = await Promise.all(cases.map(([path, body]) => api.post(path, body)));
        expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 413, 400, 404, 400, 404, 405]);
        expect(await control(url, 'pid')).toBe(pid);
        expect(await api.place.spawned()).toHaveLength(1);
      });

      test('a client that disconnects in the middle of a body, or does not speak HTTP, leaves nothing behind', async () => {
        const api = await target.open();
        const authorization = `authorization: Bearer ${api.place.token}\r\n`;
        const half = await openSocket(api.url);
        half.socket.write(
          `POST ${CONNECT} HTTP/1.1\r\nhost: localhost\r\n${authorization}content-length: 100\r\n\r\n{"key"`,
        );
        half.socket.destroy();
        const nonsense = await openSocket(api.url);
        nonsense.socket.write('\x16\x03\x01 this is TLS, or so\r\n\r\n');
        await waitFor(() => nonsense.received().startsWith('HTTP/1.1 400'), 'an answer to nonsense');
        expect((await api.send('/auth')).status).toBe(200);
        expect(await api.place.spawned()).toEqual([]);
      });
    });

    describe('who may call', () => {
      test.each(['evil.example', 'localhost.evil.example', '10.0.0.1'])('the host %s is refused', async (host) => {
        const api = await target.open();
        const answer = await api.post(CONNECT, {}, { host });
        expect(answer.json()).toMatchObject({ error: { status: 403, code: 'HostNotAllowed' } });
        expect(answer.text).toContain('allowedHosts');
      });

      test.each(['localhost', 'doc.localhost', '127.0.0.1', '[::1]', 'host.docker.internal'])(
        'the host %s is served',
        async (host) => {
          const api = await target.open();
          expect((await api.send('/auth', { headers: { host: `${host}:8080` } })).status).toBe(200);
        },
      );

      test('a page from elsewhere may read statuses and nothing else', async () => {
        const api = await target.open();
        const { backend_id: id, status_url } = await api.connect();
        const origin = 'https://evil.example';
        const status = await send(status_url, { headers: { origin } });
        expect(status.status).toBe(200);
        expect(status.headers['access-control-allow-origin']).toBe('*');
        for (const [path, body] of [
          [CONNECT, {}],
          [`/v2/backend/${id}/terminate`, {}],
          [SPAWN, {}],
        ] as const) {
          const answer = await api.post(path, body, { origin, 'content-type': 'text/plain' });
          expect(answer.json()).toMatchObject({ error: { status: 403, code: 'OriginNotAllowed' } });
          expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        }
        for (const path of [
          `/v2/backend/${id}/logs/stream`,
          '/_jamdev/logs',
          '/_jamdev/backends',
          `/v2/backend/${id}`,
        ]) {
          expect((await api.send(path, { headers: { origin } })).status).toBe(403);
        }
        expect(await api.running()).toEqual([id]);
      });

      test('a page on this machine may call, preflight included', async () => {
        const api = await target.open();
        const origin = 'http://localhost:3000';
        const preflight = await api.send(CONNECT, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        });
        expect(preflight.status).toBe(204);
        expect(preflight.headers).toMatchObject({
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'POST',
        });
        const answer = await api.post(CONNECT, {}, { origin });
        expect(answer.status).toBe(200);
        expect(answer.headers['access-control-allow-origin']).toBe(origin);
      });
    });
  });
};
