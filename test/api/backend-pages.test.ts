import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { collectEvents, startServer, untilStatus } from '../support/dev-server.js';
import { openSocket, post, send } from '../support/http.js';

describe('HTTP API: pages of backends', () => {
  test('may make only the calls of a page of another site, whatever origin they have', async () => {
    const server = await startServer();
    const { backend_id, status_url } = await server.connect();
    const backend = await untilStatus(server, backend_id, 'ready');
    const proxyPort = new URL(server.proxyUrl).port;
    const connect = `${server.apiUrl}/v2/service/-/-/connect`;
    for (const origin of [
      `http://localhost:${proxyPort}`,
      `http://127.0.0.1:${proxyPort}`,
      `http://[::1]:${proxyPort}`,
      `http://${backend_id}.localhost:${proxyPort}`,
      `http://made-up.localhost:${proxyPort}`,
      `http://a.b.localhost:${proxyPort}`,
      // Through a forwarded port, and directly from the backend.
      `http://${backend_id}.localhost:4711`,
      `http://localhost:${backend.address?.port}`,
      'https://evil.example',
    ]) {
      const headers = { origin };
      expect(await post(connect, {}, headers), origin).toMatchObject({ status: 403 });
      for (const path of ['/_jamdev/info', '/_jamdev/backends', '/_jamdev/logs', '/v2/account/-/backends', '/auth']) {
        const refused = await send(`${server.apiUrl}${path}`, { headers });
        expect(refused.status, `${origin} ${path}`).toBe(403);
        expect(refused.headers['access-control-allow-origin']).toBeUndefined();
      }
      const preflight = await send(connect, {
        method: 'OPTIONS',
        headers: { ...headers, 'access-control-request-method': 'POST' },
      });
      expect(preflight.status, origin).toBe(403);
      expect(await send(status_url, { headers })).toMatchObject({ status: 200 });
      expect((await send(status_url, { headers })).headers['access-control-allow-origin']).toBe('*');
    }
    expect(server.parts.platform.backends).toHaveLength(1);
    const refused = await post(connect, {}, { origin: `http://localhost:${proxyPort}` });
    expect(refused.json()).toMatchObject({ error: { code: 'OriginNotAllowed' } });
    expect(refused.text).toContain('pages of backends');
  });

  test('may not call the API of another dev server either', async () => {
    const [own, other] = await Promise.all([startServer(), startServer()]);
    const { port } = new URL(other.proxyUrl);
    for (const origin of [`http://localhost:${port}`, `http://made-up.localhost:${port}`]) {
      expect(await post(`${own.apiUrl}/v2/service/-/-/connect`, {}, { origin }), origin).toMatchObject({ status: 403 });
    }
    expect(own.parts.platform.backends).toEqual([]);
  });

  test('a page of the user’s own front end may call, and the dev server says once what production requires', async () => {
    const server = await startServer();
    const calls = collectEvents(server, 'page-called-api');
    const connect = `${server.apiUrl}/v2/service/-/-/connect`;
    for (const origin of ['http://localhost:3000', 'http://app.localhost:5173', 'https://127.0.0.1:3000']) {
      const answer = await post(connect, { key: 'doc' }, { origin });
      expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } });
    }
    expect(calls.map(({ origin }) => origin)).toEqual(['http://localhost:3000']);
  });

  test('a request with several Origin headers is refused', async () => {
    const server = await startServer();
    const { port } = new URL(server.proxyUrl);
    for (const second of ['http://localhost:3000', `http://localhost:${port}`, 'https://evil.example', '']) {
      const { socket, received } = await openSocket(server.apiUrl);
      socket.write(
        `GET /_jamdev/info HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:3000\r\nOrigin: ${second}\r\nconnection: close\r\n\r\n`,
      );
      await once(socket, 'close');
      expect(received().split('\r\n', 1)[0], second).toBe('HTTP/1.1 403 Forbidden');
    }
  });
});
