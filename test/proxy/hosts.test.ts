import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../support/dev-server.js';
import { openSocket, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const NAVIGATION = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** Opens a WebSocket with a Host header. @returns the first message, or the error */
async function tryWebSocket(url: string, host: string): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { host } });
  onTestFinished(() => socket.terminate());
  return new Promise((resolve) => {
    socket.once('message', (data) => resolve(String(data)));
    socket.once('error', (error) => resolve(String(error)));
  });
}

describe('Proxy: hosts', () => {
  describe('the host of a backend', () => {
    test('reaches it with requests and WebSockets', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      const host = `${backend_id}.localhost:${new URL(server.proxyUrl).port}`;
      const answer = await send(`${url}a?b`, { headers: { host } });
      expect(answer).toMatchObject({ status: 200, headers: { 'x-plane-backend-id': backend_id } });
      expect(answer.json()).toMatchObject({ url: '/a?b', headers: { host } });
      expect(await send(url, { headers: { host: host.toUpperCase() } })).toMatchObject({ status: 200 });
      expect(await tryWebSocket(url, host)).toContain(`"x-verified-backend":"${backend_id}"`);
    });

    test('does not reach another backend, and the answer names both', async () => {
      const server = await startServer();
      const [a, b] = await Promise.all([server.connect(), server.connect()]);
      const host = `${a.backend_id}.localhost:9090`;
      expect((await send(a.url, { headers: { host } })).status).toBe(200);
      const refused = await send(b.url, { headers: { host, origin: 'https://app.example' } });
      expect(refused).toMatchObject({ status: 403, headers: { 'access-control-allow-origin': '*' } });
      expect(refused.json()).toMatchObject({ error: { code: 'HostOfOtherBackend', status: 403 } });
      expect(refused.text).toContain(`the backend \\"${a.backend_id}\\"`);
      expect(refused.text).toContain(`is for the backend \\"${b.backend_id}\\"`);
      const page = await send(b.url, { headers: { host, accept: NAVIGATION } });
      expect(page).toMatchObject({ status: 403, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.text).toContain(`the backend &quot;${a.backend_id}&quot;`);
      expect(page.text).not.toContain(b.token);
      expect(await tryWebSocket(b.url, host)).toContain('403');
      expect(server.parts.platform.backend(b.backend_id).connections).toBe(0);
    });

    test('is refused if no backend has that name, and with more than one label names none', async () => {
      const server = await startServer();
      const { url } = await server.connect();
      expect((await send(url, { headers: { host: 'app.localhost' } })).status).toBe(403);
      expect((await send(url, { headers: { host: 'a.b.localhost' } })).status).toBe(200);
    });

    test('works in front of an allowed name', async () => {
      const folder = makeProject({ 'jamsocket.config.json': { allowedHosts: ['dev.example'] } });
      const server = await startServer({ folder });
      const { url, backend_id } = await server.connect();
      expect((await send(url, { headers: { host: `${backend_id}.dev.example` } })).status).toBe(200);
      expect((await send(url, { headers: { host: 'other.dev.example' } })).status).toBe(403);
    });
  });

  describe('the host of a request', () => {
    test.each(['localhost:9090', '127.0.0.1:9090', '[::1]:9090', 'host.docker.internal:9090'])(
      'may be %s',
      async (host) => {
        const server = await startServer();
        const { url } = await server.connect();
        expect((await send(url, { headers: { host } })).status).toBe(200);
      },
    );

    test('may be missing, as in clients that are not browsers', async () => {
      const server = await startServer();
      const { url, token } = await server.connect();
      await send(url);
      const { socket, received } = await openSocket(server.proxyUrl);
      socket.write(`GET /${token}/ HTTP/1.0\r\n\r\n`);
      await once(socket, 'close');
      expect(received()).toMatch(/^HTTP\/1.1 200/);
    });

    test('may not be a foreign one, whatever the token, and the answer names the option', async () => {
      const server = await startServer();
      const { url } = await server.connect();
      for (const path of [url, `${server.proxyUrl}/`, `${server.proxyUrl}/${'x'.repeat(43)}/`]) {
        const refused = await send(path, { headers: { host: 'rebound.evil.example:9090' } });
        expect(refused.json()).toMatchObject({ error: { status: 403, code: 'HostNotAllowed' } });
        expect(refused.text).toMatch(/rebound\.evil\.example.*allowedHosts/);
      }
      const page = await send(url, { headers: { host: 'rebound.evil.example', accept: NAVIGATION } });
      expect(page).toMatchObject({ status: 403, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.text).toContain('allowedHosts');
      const preflight = { host: 'rebound.evil.example', 'access-control-request-method': 'PUT' };
      expect((await send(url, { method: 'OPTIONS', headers: preflight })).status).toBe(403);
      expect(await tryWebSocket(url, 'rebound.evil.example')).toContain('403');
    });

    test('may be one of allowedHosts, as behind a tunnel', async () => {
      const folder = makeProject({ 'jamsocket.config.json': { allowedHosts: ['abc.tunnel.example'] } });
      const server = await startServer({ folder });
      const { url } = await server.connect();
      expect((await send(url, { headers: { host: 'abc.tunnel.example' } })).status).toBe(200);
      expect(await tryWebSocket(url, 'abc.tunnel.example')).toContain('x-verified-backend');
    });

    test('does not matter to the health check', async () => {
      const server = await startServer();
      expect(await send(`${server.proxyUrl}/ready`, { headers: { host: 'checker.example' } })).toMatchObject({
        status: 200,
        text: 'ok\n',
      });
    });
  });

  test('pages on other origins may use a connection URL, because the token decides and not the origin', async () => {
    const server = await startServer();
    const { url, backend_id } = await server.connect();
    const origin = 'https://app.example';
    expect(await send(url, { headers: { origin } })).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': '*' },
    });
    const socket = new WebSocket(url.replace('http', 'ws'), { origin });
    onTestFinished(() => socket.terminate());
    await once(socket, 'message');
    await waitFor(() => server.parts.platform.backend(backend_id).connections === 1, 'the connection to be counted');
  });
});
