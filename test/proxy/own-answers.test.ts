import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, untilStatus } from '../support/dev-server.js';
import { type Answer, openSocket, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

/** What browsers send when a person opens an address. */
const NAVIGATION = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
/** Answers until it is told to close its port, and then listens on another one. */
const MOVER = `node -e "const h = require('http'); const s = h.createServer((q, r) => { r.setHeader('connection', 'close'); r.end(); if (q.url === '/move') s.close(() => h.createServer().listen(0, '127.0.0.1', () => console.log('moved'))); }).listen(process.env.PORT)"`;

/** The text of a page as a reader sees it. */
function textOf({ text }: Answer): string {
  const body = text.slice(text.indexOf('<body>'));
  const plain = body.replace(/<[^>]*>/g, '');
  return plain.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

async function endedBackend(lines: string[]) {
  const server = await startServer();
  const connection = await server.connect({ key: 'k' });
  for (const line of lines) await send(`${connection.url}print?text=${encodeURIComponent(line)}`);
  await send(`${connection.url}crash?code=9`).catch(() => undefined);
  await untilStatus(server, connection.backend_id, 'terminated');
  return { server, ...connection };
}

describe('Proxy', () => {
  describe('the form of the proxy’s own answers', () => {
    test('is JSON unless a page is requested, and a page may do nothing', async () => {
      const server = await startServer();
      const json = await send(`${server.proxyUrl}/`);
      expect(json).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } });
      expect(Object.keys(json.json<{ error: object }>().error)).toEqual(['message', 'status', 'code', 'id']);
      for (const accept of ['*/*', 'application/json, text/plain, */*']) {
        const { headers } = await send(`${server.proxyUrl}/`, { headers: { accept } });
        expect(headers['content-type']).toBe('application/json');
      }
      const page = await send(`${server.proxyUrl}/`, { headers: NAVIGATION });
      expect(page.status).toBe(400);
      expect(page.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': expect.stringMatching(/^default-src 'none';/),
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
      });
      expect(page.text).toMatch(/^<!doctype html>/);
    });

    test.each([
      ['HEAD', NAVIGATION],
      ['HEAD', {}],
      ['OPTIONS', {}],
    ])('of %s %j has no body', async (method, headers) => {
      const server = await startServer();
      const answer = await send(`${server.proxyUrl}/${'x'.repeat(43)}/`, { method, headers });
      expect(answer).toMatchObject({ status: 410, text: '' });
      const { socket, received } = await openSocket(server.proxyUrl);
      const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\n\r\n';
      socket.write(`HEAD /${'x'.repeat(43)}/ HTTP/1.1\r\nhost: localhost\r\n${upgrade}`);
      await once(socket, 'close');
      expect(received()).toMatch(/^HTTP\/1\.1 410 Gone\r\n(?:.+\r\n)+\r\n$/);
    });

    test('allows preflights, so that a page may read the error', async () => {
      const { url } = await endedBackend([]);
      const origin = 'https://app.example';
      const preflight = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' };
      const { status, headers, text } = await send(url, { method: 'OPTIONS', headers: preflight });
      expect({ status, text }).toEqual({ status: 204, text: '' });
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': '*',
        'access-control-allow-headers': '*, Authorization',
      });
      expect(headers).not.toHaveProperty('content-length');
      const answer = await send(url, { method: 'PUT', headers: { origin }, body: 'x' });
      expect(answer).toMatchObject({ status: 410, headers: { 'access-control-allow-origin': '*' } });
    });

    test('leaves the connection usable for the next request', async () => {
      const server = await startServer();
      const { url, token } = await server.connect();
      await send(url);
      const { socket, received } = await openSocket(server.proxyUrl);
      socket.write('GET /app.js HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n\r\n');
      await waitFor(() => received().includes('</html>'), 'the page');
      socket.write(`GET /${token}/next HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      await waitFor(() => received().includes('"url":"/next"'), 'the answer on the same connection');
    });
  });

  describe('without a token', () => {
    test('the page says so, and what to use', async () => {
      const server = await startServer();
      const text = textOf(await send(`${server.proxyUrl}/`, { headers: NAVIGATION }));
      expect(text).toContain('The path has no connection token.');
      expect(text).toContain('relative URLs');
      expect(text).toContain('400 TokenMissing');
    });

    test('a page that requests an absolute path is told the relative one, without its token', async () => {
      const server = await startServer();
      const { url, token } = await server.connect();
      const headers = { referer: `${url}a/index.html` };
      for (const form of [{}, NAVIGATION]) {
        const answer = await send(`${server.proxyUrl}/static/app.js?v=1`, { headers: { ...headers, ...form } });
        expect(answer.status).toBe(410);
        const text = 'accept' in form ? textOf(answer) : answer.json<{ error: { message: string } }>().error.message;
        expect(text).toContain('The path begins with "static", which is not a connection token.');
        expect(text).toContain('use the relative path "../static/app.js"; "/static/app.js" drops the token');
        expect(answer.text).not.toContain(token);
      }
    });
  });

  test('an unknown token has a different answer, which does not show it', async () => {
    const server = await startServer();
    const token = 'x'.repeat(43);
    const answer = await send(`${server.proxyUrl}/${token}/`, { headers: NAVIGATION });
    expect(answer.status).toBe(410);
    expect(textOf(answer)).toContain('The connection token is unknown or has expired.');
    expect(answer.text).not.toContain(token);
  });

  describe('when the backend has ended', () => {
    test('the page shows when, why, and its last output as text, without escapes and tokens', async () => {
      const lines = ['\u001b[31mred\u001b[0m <b>&amp;</b>\u0007', `token ${'t'.repeat(43)} of another`];
      const { server, url, token, backend_id } = await endedBackend(lines);
      const answer = await send(url, { headers: NAVIGATION });
      expect(answer).toMatchObject({ status: 410, headers: { 'x-plane-backend-id': backend_id } });
      const time = server.parts.platform.backend(backend_id).state.time.toISOString();
      const text = textOf(answer);
      expect(text).toContain(`The backend "${backend_id}" has ended: crashed: exit code 9, at ${time}.`);
      expect(text).toContain(
        `Its last lines:\n\nlistening as ${backend_id}\nred <b>&amp;</b>\ntoken TOKEN of another\nabout to crash\n`,
      );
      expect(text).toContain(`jamdev logs ${backend_id}`);
      expect(answer.text).toContain('&lt;b&gt;&amp;amp;&lt;/b&gt;');
      expect(answer.text).not.toContain(token);
    });

    test('JSON has the same', async () => {
      const { url, backend_id } = await endedBackend(['last words']);
      const { error } = (await send(url)).json<{ error: Record<string, string> }>();
      expect(error).toMatchObject({ status: 410, code: 'BackendEnded' });
      expect(error.message).toMatch(
        new RegExp(
          `^The backend "${backend_id}" has ended: crashed: exit code 9, at \\S+Z\\. Its last lines:\n(.*\n)*last words\n`,
        ),
      );
    });

    test.each([
      ['https://app.example', false],
      ['null', false],
      ['http://localhost:5173', true],
    ])('a page from %s may see its output: %s', async (origin, may) => {
      const { url } = await endedBackend(['last words']);
      for (const form of [{}, NAVIGATION]) {
        const answer = await send(url, { headers: { origin, ...form } });
        expect(answer.status).toBe(410);
        expect(answer.text).toContain('exit code 9');
        expect(answer.text.includes('last words')).toBe(may);
      }
    });

    test('no page of a backend may see its output, under any of its names', async () => {
      const { server, url } = await endedBackend(['last words']);
      const { port } = new URL(server.proxyUrl);
      for (const headers of [
        { origin: `http://localhost:${port}` },
        { origin: `http://abcdefghijklmn.localhost:${port}` },
        { origin: 'http://evil.com?.localhost' },
        // Requests from the page's own origin have no Origin.
        { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty', ...NAVIGATION },
        { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'iframe', ...NAVIGATION },
      ]) {
        const answer = await send(url, { headers });
        expect(answer.status).toBe(410);
        expect(answer.text, JSON.stringify(headers)).not.toContain('last words');
      }
      const opened = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document', ...NAVIGATION };
      expect((await send(url, { headers: opened })).text).toContain('last words');
    });

    test('jamdev’s remark, such as why it could not start, is shown too', async () => {
      const server = await startServer({ command: 'no-such-command-at-all' });
      const { url, backend_id } = await server.connect();
      await untilStatus(server, backend_id, 'terminated');
      const text = textOf(await send(url, { headers: NAVIGATION }));
      expect(text).toContain('jamdev: The command "no-such-command-at-all" does not exist');
    });

    test('requests that wait are answered if it ends before it is ready', async () => {
      const server = await startServer({
        command: `node -e "console.log('sorry'); setTimeout(() => process.exit(5), 200)"`,
      });
      const { url } = await server.connect();
      const answer = await send(url, { headers: NAVIGATION });
      expect(answer.status).toBe(410);
      expect(textOf(answer)).toMatch(/exit code 5.*\nsorry\n/s);
    });

    test('the reason is shown in words', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      await post(`${server.apiUrl}/v2/backend/${backend_id}/terminate`, { hard: true });
      await untilStatus(server, backend_id, 'terminated');
      expect(textOf(await send(url, { headers: NAVIGATION }))).toContain('has ended: on request, at ');
    });
  });

  describe('when the backend does not answer on its port', () => {
    test('the answer says on which port it listens instead', async () => {
      const server = await startServer({ command: MOVER });
      const { url, backend_id } = await server.connect();
      const backend = await untilStatus(server, backend_id, 'ready');
      await send(`${url}move`);
      await waitFor(() => backend.log.lastLines.includes('moved'), 'the backend to move');
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, index) => send(url, { headers: index === 0 ? NAVIGATION : {} })),
      );
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 502, headers: { 'x-plane-backend-id': backend_id } });
        expect(answer.text).toContain(`does not answer on its port (ECONNREFUSED).`);
        expect(answer.text).toMatch(/It listens on port \d+, but jamdev gave it PORT=\d+\./);
        expect(answer.text).toContain(`jamdev logs ${backend_id}`);
      }
      const upgrade = new WebSocket(url.replace('http', 'ws'));
      expect(String((await once(upgrade, 'error'))[0])).toContain('502');
    });

    test('a client that disconnects in the meantime does no harm', async () => {
      const server = await startServer({ command: MOVER });
      const { url, token, backend_id } = await server.connect();
      const backend = await untilStatus(server, backend_id, 'ready');
      await send(`${url}move`);
      await waitFor(() => backend.log.lastLines.includes('moved'), 'the backend to move');
      const { socket } = await openSocket(server.proxyUrl);
      socket.end(`GET /${token}/ HTTP/1.1\r\nhost: localhost\r\n\r\n`, () => socket.destroy());
      await waitFor(() => backend.connections === 0, 'the connection to be forgotten');
      expect((await send(url)).status).toBe(502);
    });
  });
});
