import { once } from 'node:events';
import { connect as tcpConnect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openSocket, openStream, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

interface Echo {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
  environment: Record<string, string>;
  pid: number;
}

async function openWebSocket(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ socket: WebSocket; hello: Echo; status: number; responseHeaders: Record<string, unknown> }> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  onTestFinished(() => socket.terminate());
  const upgraded = once(socket, 'upgrade') as Promise<[{ headers: Record<string, unknown>; statusCode: number }]>;
  const [data] = await once(socket, 'message');
  const [response] = await upgraded;
  return { socket, hello: JSON.parse(String(data)), status: response.statusCode, responseHeaders: response.headers };
}

describe('Proxy', () => {
  describe('requests to the backend', () => {
    test.each([
      ['', '/'],
      ['/', '/'],
      ['/a/b', '/a/b'],
      ['/a%2Fb%20c%C3%BC?x=%41&y', '/a%2Fb%20c%C3%BC?x=%41&y'],
      ['//', '//'],
      ['//a//b/', '//a//b/'],
      ['/?', '/?'],
      ['?a=1', '/?a=1'],
      ['/a?b?c#', '/a?b?c#'],
      ['/../x/./y', '/../x/./y'],
      ['/[x]|^"`{}\\', '/[x]|^"`{}\\'],
      ['//[oops', '//[oops'],
      ['/a:b@c', '/a:b@c'],
    ])('"/TOKEN%s" arrives as "%s", byte for byte', async (rest, expected) => {
      const server = await startServer();
      const { url, token } = await server.connect({ key: 'k' });
      await send(url);
      const { socket, received } = await openSocket(server.proxyUrl);
      socket.write(`GET /${token}${rest} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      await once(socket, 'close');
      const body = received().slice(received().indexOf('{'), received().lastIndexOf('}') + 1);
      expect(JSON.parse(body).url).toBe(expected);
    });

    test('a whole URL in the request line works like its path', async () => {
      const server = await startServer();
      const { token } = await server.connect();
      const answer = await send(server.proxyUrl, { path: `http://localhost:9090/${token}/a?b` });
      expect(answer.json()).toMatchObject({ url: '/a?b' });
    });

    test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'M-SEARCH'])(
      'the method %s is passed on',
      async (method) => {
        const server = await startServer();
        const { url } = await server.connect();
        expect((await send(url, { method })).json()).toMatchObject({ method });
      },
    );

    test('HEAD is answered without a body', async () => {
      const server = await startServer();
      const { url } = await server.connect();
      const answer = await send(url, { method: 'HEAD' });
      expect(answer).toMatchObject({ status: 200, text: '', headers: { 'x-method': 'HEAD' } });
    });

    test('verified headers are jamdev’s: those of a client are removed, whatever their case', async () => {
      const server = await startServer();
      const auth = { role: 'editor', name: 'Zoë' };
      const { url, backend_id, secret_token, token } = await server.connect({ key: 'k', user: 'ann', auth });
      const { headers } = (
        await send(`${url}a/b?c`, {
          headers: {
            'X-Verified-Username': 'mallory',
            'x-VERIFIED-user-data': '{}',
            'X-Verified-Anything': 'else',
            'x-verified-secret': 'guess',
            'x-forwarded-for': '1.2.3.4',
            'x-forwarded-proto': 'https',
            'x-forwarded-host': 'app.example',
          },
        })
      ).json<Echo>();
      expect(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-')))).toEqual({
        'x-verified-username': 'ann',
        'x-verified-user-data': Buffer.from(JSON.stringify(auth)).toString('latin1'),
        'x-verified-path': `/${token}/a/b`,
        'x-verified-backend': backend_id,
        'x-verified-secret': secret_token,
        'x-forwarded-for': expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
        'x-forwarded-proto': 'http',
      });
    });

    test('without user and auth there is no user and an empty auth, not those of a client', async () => {
      const server = await startServer();
      const { url } = await server.connect();
      const forged = { 'x-verified-username': 'mallory', 'x-verified-user-data': '{"role":"admin"}' };
      const { headers } = (await send(url, { headers: forged })).json<Echo>();
      expect(headers).not.toHaveProperty('x-verified-username');
      expect(headers['x-verified-user-data']).toBe('{}');
    });

    test('the environment follows the contract', async () => {
      const server = await startServer();
      const spawn = { executable: { env: { TEST_X: 'y=z' } } };
      const { url, backend_id } = await server.connect({ service: 'chat', key: 'room 1', spawn });
      const { environment } = (await send(url)).json<Echo>();
      expect(environment).toEqual({
        PORT: expect.stringMatching(/^\d+$/),
        SESSION_BACKEND_ID: backend_id,
        SESSION_BACKEND_KEY: 'room 1',
        SESSION_BACKEND_FENCING_TOKEN: expect.stringMatching(/^\d+$/),
        JAMSOCKET_SERVICE: 'chat',
        TEST_X: 'y=z',
        NODE_OPTIONS: expect.stringContaining('remap-8080.cjs'),
      });
    });
  });

  describe('bodies', () => {
    test('a large body is passed on in both directions', async () => {
      const server = await startServer();
      const { url } = await server.connect();
      const body = Buffer.alloc(20 * 1024 * 1024, 'x');
      expect((await send(url, { body })).json()).toMatchObject({ body: `${body.length} bytes` });
    });

    test('a chunked body is passed on', async () => {
      const server = await startServer();
      const { url } = await server.connect();
      const answer = await send(url, {
        method: 'POST',
        headers: { 'transfer-encoding': 'chunked' },
        body: 'in chunks',
      });
      expect(answer.json()).toMatchObject({ body: 'in chunks' });
    });

    test('Expect: 100-continue is answered, and the body is then passed on', async () => {
      const server = await startServer();
      const { token, url } = await server.connect();
      await send(url);
      const { socket, received } = await openSocket(server.proxyUrl);
      socket.write(
        `POST /${token}/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`,
      );
      await waitFor(() => received().includes('100 Continue'), 'the go-ahead');
      socket.write('hello');
      await once(socket, 'close');
      expect(received()).toContain('"body":"hello"');
    });

    test('server-sent events are passed on as they arrive, and the backend notices a client that leaves', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      const stream = await openStream(`${url}drip`);
      await waitFor(() => stream.chunks.join('') === 'data: first\n\n', 'the first event');
      expect(server.parts.platform.backend(backend_id).connections).toBe(1);
      stream.close();
      await waitFor(() => server.parts.platform.backend(backend_id).connections === 0, 'the connection to be closed');
    });
  });

  describe('responses', () => {
    test('name the backend, and allow every origin unless the backend sets CORS headers', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      const { headers } = await send(url);
      expect(headers).toMatchObject({
        'x-plane-backend-id': backend_id,
        'access-control-allow-origin': '*',
        'access-control-allow-methods': '*',
        'access-control-allow-headers': '*, Authorization',
      });
      const own = await send(`${url}cors`);
      expect(own.headers['access-control-allow-origin']).toBe('https://only.example');
      expect(own.headers).not.toHaveProperty('access-control-allow-methods');
      expect(own.headers['x-plane-backend-id']).toBe(backend_id);
    });
  });

  test('an offer of HTTP/2, as curl makes it, gets a plain answer, with a body too', async () => {
    const server = await startServer();
    const { url, token } = await server.connect();
    await send(url);
    const offer = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA';
    const { socket, received } = await openSocket(server.proxyUrl);
    socket.write(`POST /${token}/x HTTP/1.1\r\nhost: localhost\r\n${offer}\r\ncontent-length: 5\r\n\r\nhello`);
    await waitFor(() => received().includes('"body":"hello"'), 'the answer');
    socket.write(`GET /${token}/y HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await waitFor(() => received().includes('"url":"/y"'), 'the next answer on the same connection');
  });

  test('an answer instead of an upgrade names the backend too', async () => {
    const command = `node -e "require('http').createServer((q, s) => s.end()).on('upgrade', (q, s) => s.end('HTTP/1.1 401 No\\r\\ncontent-length: 0\\r\\n\\r\\n')).listen(process.env.PORT)"`;
    const server = await startServer({ command });
    const { token, backend_id } = await server.connect();
    const { socket, received } = await openSocket(server.proxyUrl);
    socket.write(`GET /${token}/ HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    await waitFor(() => received().includes('\r\n\r\n'), 'the answer');
    expect(received()).toMatch(/^HTTP\/1.1 401/);
    expect(received()).toContain(`x-plane-backend-id: ${backend_id}`);
    expect(received()).toContain('access-control-allow-origin: *');
  });

  test('many backends one after the other leave no listeners behind', async () => {
    const server = await startServer();
    const warnings: string[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning.name);
    process.on('warning', onWarning);
    for (let index = 0; index < 14; index += 1) {
      const { url, backend_id } = await server.connect();
      await send(url);
      await post(`${server.apiUrl}/v2/backend/${backend_id}/terminate`, { hard: true });
      await untilStatus(server, backend_id, 'terminated');
    }
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  describe('WebSockets', () => {
    test('echo text and binary, have verified headers, and count as connections', async () => {
      const server = await startServer();
      const { url, backend_id, token } = await server.connect({ user: 'ann' });
      const { socket, hello, responseHeaders } = await openWebSocket(`${url}chat?room=1`, {
        'X-Verified-Username': 'mallory',
      });
      expect(hello.url).toBe('/chat?room=1');
      expect(hello.headers).toMatchObject({ 'x-verified-username': 'ann', 'x-verified-path': `/${token}/chat` });
      expect(responseHeaders['x-plane-backend-id']).toBe(backend_id);
      socket.send('größe');
      expect(String((await once(socket, 'message'))[0])).toBe('größe');
      const bytes = Buffer.from([0, 255, 1, 254]);
      socket.send(bytes);
      expect((await once(socket, 'message'))[0]).toEqual(bytes);
      expect(server.parts.platform.backend(backend_id).connections).toBe(1);
      socket.close();
      await waitFor(() => server.parts.platform.backend(backend_id).connections === 0, 'the connection to be closed');
    });

    test('are closed if a client vanishes silently', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      const { socket } = await openWebSocket(url);
      (socket as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
      await waitFor(() => server.parts.platform.backend(backend_id).connections === 0, 'the connection to be closed');
    });

    test('are closed when the backend crashes, and the token is dead', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      const { socket } = await openWebSocket(url);
      const closed = once(socket, 'close');
      await send(`${url}crash`).catch(() => undefined);
      await closed;
      await untilStatus(server, backend_id, 'terminated');
      const refused = new WebSocket(url.replace('http', 'ws'));
      const [error] = await once(refused, 'error');
      expect(String(error)).toContain('410');
    });

    test('to a backend that does not speak WebSocket get its own answer', async () => {
      const command = `node -e "require('http').createServer((q, s) => s.end()).on('upgrade', (q, s) => s.end('HTTP/1.1 418 No\\r\\nx-a: b\\r\\n\\r\\n')).listen(process.env.PORT)"`;
      const server = await startServer({ command });
      const { url } = await server.connect();
      const refused = new WebSocket(url.replace('http', 'ws'));
      const [error] = await once(refused, 'error');
      expect(String(error)).toContain('418');
    });
  });

  describe('the proxy’s own answers', () => {
    test('no token: 400; unknown: 410; dead: 410 with the reason; /ready: 200', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      expect((await send(`${server.proxyUrl}/`)).json()).toMatchObject({
        error: { status: 400, code: 'TokenMissing' },
      });
      expect((await send(`${server.proxyUrl}/${'x'.repeat(43)}/`)).json()).toMatchObject({
        error: { status: 410, code: 'TokenUnknown' },
      });
      expect((await send(`${server.proxyUrl}/ready`)).status).toBe(200);
      await send(url);
      await post(`${server.apiUrl}/v2/backend/${backend_id}/terminate`, { hard: true });
      await untilStatus(server, backend_id, 'terminated');
      const dead = await send(url, { body: 'a body that nobody reads' });
      expect(dead.json()).toMatchObject({
        error: { status: 410, code: 'BackendEnded', message: expect.stringContaining('on request') },
      });
    });

    test('requests and upgrades wait for a starting backend', async () => {
      const command = `node -e "setTimeout(() => require('http').createServer((q, s) => s.end('here')).listen(process.env.PORT), 400)"`;
      const server = await startServer({ command });
      const { url } = await server.connect();
      const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => send(`${url}${index}`)));
      expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 10 }, () => 'here'));
    });

    test('410 if it ends before it is ready, for requests and upgrades', async () => {
      const server = await startServer({ command: `node -e "setTimeout(() => process.exit(5), 300)"` });
      const { url } = await server.connect();
      const upgrade = new WebSocket(url.replace('http', 'ws'));
      const [answer, [error]] = await Promise.all([send(url), once(upgrade, 'error')]);
      expect(answer.json()).toMatchObject({ error: { status: 410, message: expect.stringContaining('exit code 5') } });
      expect(String(error)).toContain('410');
    });

    test('502 if it is ready but no longer answers', async () => {
      const command = `node -e "const s = require('http').createServer((q, r) => { r.setHeader('connection', 'close'); r.end(); if (q.url === '/deaf') s.close(); }).listen(process.env.PORT); setInterval(() => {}, 1000)"`;
      const server = await startServer({ command });
      const { url } = await server.connect();
      await send(`${url}deaf`);
      const answer = await waitFor(async () => {
        const { status, json } = await send(url);
        return status === 502 ? json() : undefined;
      }, 'the backend to be deaf');
      expect(answer).toMatchObject({
        error: { code: 'BackendUnreachable', message: expect.stringMatching(/ECONNREFUSED|ECONNRESET/) },
      });
      const upgrade = new WebSocket(url.replace('http', 'ws'));
      expect(String((await once(upgrade, 'error'))[0])).toContain('502');
    });

    test('a client that disconnects while it waits is dropped, and the backend continues', async () => {
      const command = `node -e "setTimeout(() => require('http').createServer((q, s) => s.end('here')).listen(process.env.PORT), 300)"`;
      const server = await startServer({ command });
      const { url, token, backend_id } = await server.connect();
      const { hostname, port } = new URL(server.proxyUrl);
      for (const extra of ['', 'connection: upgrade\r\nupgrade: websocket\r\n']) {
        const socket = tcpConnect(Number(port), hostname);
        socket.write(`GET /${token}/ HTTP/1.1\r\nhost: localhost\r\n${extra}\r\n`);
        const backend = server.parts.platform.backend(backend_id);
        await waitFor(() => backend.connections === 1, 'the connection to be counted');
        socket.destroy();
        await waitFor(() => backend.connections === 0, 'the connection to be forgotten');
      }
      expect((await send(url)).text).toBe('here');
    });

    test('a keep-alive connection closed by the backend at that moment does not lose a request', async () => {
      const command = `node -e "const s = require('http').createServer((q, r) => r.end('ok')); s.keepAliveTimeout = 1; s.listen(process.env.PORT)"`;
      const server = await startServer({ command });
      const { url } = await server.connect();
      await send(url);
      const statuses = new Set<number>();
      for (let index = 0; index < 300; index += 1) {
        statuses.add((await send(url)).status);
        if (index % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1 + (index % 5)));
      }
      expect([...statuses]).toEqual([200]);
    });
  });

  test('pipelined requests wait for the first one, and are dropped with their connection', async () => {
    const server = await startServer();
    const { backend_id, url, token } = await server.connect();
    await send(url);
    const backend = server.parts.platform.backend(backend_id);
    const { socket, received } = await openSocket(server.proxyUrl);
    socket.write(`GET /${token}/drip HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(3));
    await waitFor(() => received().includes('200 OK'), 'the first answer');
    expect(backend.connections).toBe(1);
    socket.destroy();
    await waitFor(() => backend.connections === 0, 'none');
  });
});
