import { describe, expect, test } from 'vitest';
import type { ConnectResponse } from '../../../src/contract/responses.js';
import { operationsOf } from '../../support/api/operations.js';
import type { ApiSuite } from '../../support/api/test-api.js';

/** Replaces the parameters of a path by valid names; backend and token are existing ones. */
function fill(path: string, { backend_id: id, token }: ConnectResponse): string {
  return path
    .replace(/:id|:backend/, id)
    .replace(':token', token)
    .replace(':environment', 'default')
    .replace(/:(\w+)/g, (_, name) => (['service', 'account'].includes(name) ? '-' : name));
}

const NO_JSON = { body: '{"', headers: { 'content-length': '2', accept: 'application/json' } };
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'];

/** The answers of a path, by method. */
export const methods: ApiSuite = (target) => {
  const api = target.share();

  describe('HTTP API: methods', () => {
    test('an existing path answers an unsupported method with 405 and the supported ones', async () => {
      const connected = await api().connectUntilReady({ key: 'k' });
      const endpoints = await operationsOf(api());
      let refused = 0;
      for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
        const taken = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method.toUpperCase());
        const allowed = [
          ...(taken.includes('GET') ? ['GET', 'HEAD'] : []),
          ...(taken.includes('POST') ? ['POST'] : []),
        ];
        for (const method of METHODS.filter((each) => !taken.includes(each))) {
          const filled = fill(path, connected);
          // A body that cannot be parsed must not change this.
          const answer = await api().send(`${filled}?r=0.5`, { method, ...NO_JSON });
          expect(answer.headers.allow, `${method} ${path}`).toBe([...allowed, 'OPTIONS'].join(', '));
          expect(answer.headers['content-type']).toBe('application/json');
          expect({ status: answer.status, ...answer.json() }).toEqual({
            status: 405,
            error: {
              message: `${JSON.stringify(filled)} does not support ${method}. Use ${allowed.join(' or ')}.`,
              status: 405,
              code: 'MethodNotAllowed',
              id: expect.stringMatching(/^[0-9a-f]{12}$/),
            },
          });
          refused += 1;
        }
      }
      expect(refused).toBeGreaterThan(80);
      expect(await api().running()).toEqual([connected.backend_id]);
    });

    test('HEAD answers like GET without the body, and the answer ends', async () => {
      const connected = await api().connectUntilReady({ key: 'k' });
      for (const { path } of (await operationsOf(api())).filter((endpoint) => endpoint.method === 'get')) {
        const query = path.endsWith('/logs') ? `?backend=${connected.backend_id}` : '';
        const filled = fill(path, connected) + query;
        const headAnswer = await api().send(filled, { method: 'HEAD' });
        const got = await api().stream(filled);
        got.close();
        expect(headAnswer.status, path).toBe(got.status);
        expect(headAnswer.status, path).toBe(path.startsWith('/ready/') ? 302 : 200);
        expect(headAnswer.text, path).toBe('');
        const names = Object.keys(got.headers).filter((name) => name !== 'transfer-encoding');
        expect(Object.keys(headAnswer.headers).sort(), path).toEqual(names.sort());
        expect(headAnswer.headers['content-type'], path).toBe(got.headers['content-type']);
      }
      const missing = await api().send('/v2/backend/nosuchbackend1/status', { method: 'HEAD' });
      expect(missing).toMatchObject({ status: 404, text: '' });
      expect((await api().send('/v2/service/-/-/connect', { method: 'HEAD' })).status).toBe(405);
      expect(api().place.faults()).toEqual([]);
    });

    test('OPTIONS tells a page on this machine what it may send', async () => {
      const origin = 'http://localhost:3000';
      for (const [path, methods] of [
        ['/v2/service/-/-/connect', 'POST'],
        ['/v2/backend/x/terminate', 'POST'],
        ['/v2/backend/x', 'GET, HEAD'],
        [target.ownBodies[0] ?? '', 'POST'],
      ] as const) {
        const answer = await api().send(path, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        });
        expect(answer).toMatchObject({ status: 204, text: '' });
        expect(answer.headers).toMatchObject({
          'access-control-allow-origin': origin,
          'access-control-allow-methods': methods,
          'access-control-allow-headers': 'authorization, content-type',
          allow: `${methods}, OPTIONS`,
          vary: 'origin',
        });
      }
    });

    test('OPTIONS tells a page from elsewhere that it may read statuses, and nothing about other paths', async () => {
      const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
      const status = await api().send('/v2/backend/x/status', { method: 'OPTIONS', headers });
      expect(status.status).toBe(204);
      expect(status.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD',
      });
      for (const path of ['/v2/service/-/-/connect', '/openapi.json', '/nowhere']) {
        const answer = await api().send(path, { method: 'OPTIONS', headers });
        expect(answer.json()).toMatchObject({ error: { status: 403, code: 'OriginNotAllowed' } });
        expect(answer.headers['access-control-allow-methods']).toBeUndefined();
      }
    });
  });

  describe('HTTP API: paths', () => {
    test.each([
      ['GET', '/'],
      ['GET', '/v2'],
      ['POST', '/v2/nowhere'],
      ['OPTIONS', '/v2/nowhere'],
      ['DELETE', '/v2/nowhere'],
      ['GET', '//v2/account/-/backends'],
      ['GET', '/v2/backend//status'],
      ['GET', '/v2/backend/a/b/status'],
      ['GET', '/v2/account/-/backends/more'],
      ['GET', '/_jamdev'],
      ['GET', '/_jamdev/../auth'],
      ['GET', '/constructor'],
      ['GET', '/__proto__'],
    ])('%s %s does not exist: 404 in the error shape, even with an invalid JSON body', async (method, path) => {
      const answer = await api().send('/', { method, path, ...NO_JSON });
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.headers.allow).toBeUndefined();
      expect(answer.json()).toEqual({
        error: {
          message: `There is no endpoint ${method} ${JSON.stringify(path)}. /openapi.json lists all endpoints.`,
          status: 404,
          code: 'RouteNotFound',
          id: expect.any(String),
        },
      });
    });

    test('a trailing slash and the case of a path do not matter, as on the platform, but the case of an id does', async () => {
      const { backend_id: id } = await api().connect({ key: 'k' });
      for (const path of [`/V2/Backend/${id}/STATUS`, `/v2/backend/${id}/status/`, '/AUTH/', '/OpenAPI.json/']) {
        expect((await api().send(path)).status, path).toBe(200);
        const wrong = await api().send(path, { method: 'POST' });
        expect([wrong.status, wrong.headers.allow], path).toEqual([405, 'GET, HEAD, OPTIONS']);
      }
      const shouted = await api().send(`/v2/backend/${id.toUpperCase()}/status`);
      expect(shouted.json()).toMatchObject({ error: { code: 'BackendNotFound' } });
      // Access does not depend on them either.
      const headers = { origin: 'https://evil.example' };
      expect((await api().send(`/V2/BACKEND/${id}/STATUS/`, { headers })).status).toBe(200);
      expect((await api().send(`/V2/BACKEND/${id}/`, { headers })).status).toBe(403);
    });
  });
};
