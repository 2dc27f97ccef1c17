import { once } from 'node:events';
import { type ConnectResponse, isConnectResponse } from '@jamsocket/types';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectResponseSchema } from '../../src/contract/responses.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openSocket, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const STATIC_TOKEN = /^s\.[\w-]{43}$/;

interface Echo {
  url: string;
  headers: Record<string, string>;
  environment: Record<string, string>;
  pid: number;
}

describe('Proxy: static tokens', () => {
  test('a backend has one token: every connect gives the same URL, without a secret', async () => {
    const server = await startServer({ useStaticToken: true });
    const connect = `${server.apiUrl}/v2/service/-/-/connect`;
    const first = (await post(connect, { key: 'k' })).json<Record<string, string>>();
    expect(connectResponseSchema.parse(first)).toEqual(first);
    expect(first).toMatchObject({ spawned: true, secret_token: null, url: `${server.proxyUrl}/${first.token}/` });
    expect(first.token).toMatch(STATIC_TOKEN);
    expect(first.ready_url).toBe(`${server.apiUrl}/ready/${first.backend_id}/${first.token}/`);
    expect((await post(connect, { key: 'k' })).json()).toMatchObject({ token: first.token, url: first.url });
    const v1 = (await post(`${server.apiUrl}/user/-/service/-/spawn`, { lock: 'k' })).json();
    expect(v1).toMatchObject({ spawned: false, url: first.url, ready_url: '' });
    const other: ConnectResponse = await server.connect({ key: 'other' });
    expect(isConnectResponse(other)).toBe(true);
    expect(other.token).toMatch(STATIC_TOKEN);
    expect(other.token).not.toBe(first.token);
  });

  test('the token stays in the path, and the backend knows it', async () => {
    const server = await startServer({ useStaticToken: true });
    const { url, token, backend_id } = await server.connect();
    const { headers, environment, ...echo } = (
      await send(`${url}a/b?c=d`, { headers: { 'X-Verified-Secret': 'forged' } })
    ).json<Echo>();
    expect(echo.url).toBe(`/${token}/a/b?c=d`);
    expect(environment.SESSION_BACKEND_STATIC_TOKEN).toBe(token);
    expect(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-verified-')))).toEqual({
      'x-verified-path': `/${token}/a/b`,
      'x-verified-backend': backend_id,
      'x-verified-secret': '',
    });
  });

  test.each(['', '/', '?a=1', '//a/%2F/../b?c', '/?'])('"/TOKEN%s" arrives byte for byte', async (rest) => {
    // A server with a base path redirects either "/TOKEN" or "/TOKEN/" to the other.
    const server = await startServer({ useStaticToken: true });
    const { url, token } = await server.connect();
    await send(url);
    const { socket, received } = await openSocket(server.proxyUrl);
    socket.write(`GET /${token}${rest} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    await once(socket, 'close');
    expect(received()).toContain(`"url":"/${token}${rest}"`);
  });

  test('WebSockets keep it too', async () => {
    const server = await startServer({ useStaticToken: true });
    const { url, token } = await server.connect();
    const socket = new WebSocket(`${url.replace('http', 'ws')}chat?room=1`);
    onTestFinished(() => socket.terminate());
    const hello = JSON.parse(String((await once(socket, 'message'))[0])) as Echo;
    expect(hello.url).toBe(`/${token}/chat?room=1`);
    expect(hello.headers).toMatchObject({ 'x-verified-path': `/${token}/chat` });
  });

  test('a request that is retried because the backend closed its connection keeps it too', async () => {
    const command = `node -e "const s = require('http').createServer((q, r) => r.end(q.url)); s.keepAliveTimeout = 1; s.listen(process.env.PORT)"`;
    const server = await startServer({ command, useStaticToken: true });
    const { url, token } = await server.connect();
    const seen = new Set<string>();
    for (let index = 0; index < 200; index += 1) {
      seen.add((await send(`${url}x`)).text);
      if (index % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1 + (index % 5)));
    }
    expect([...seen]).toEqual([`/${token}/x`]);
  });

  test('readiness is checked at / without a token', async () => {
    const command = `node -e "require('http').createServer((q, r) => { console.log(q.method, q.url); r.end(); }).listen(process.env.PORT)"`;
    const server = await startServer({ command, useStaticToken: true });
    const { backend_id } = await server.connect();
    const backend = await untilStatus(server, backend_id, 'ready');
    await waitFor(() => backend.log.lastLines.length > 0, 'the probe to be printed');
    expect(backend.log.lastLines[0]).toBe('HEAD /');
  });

  test('user and auth are accepted but do not reach the backend, with one remark', async () => {
    const server = await startServer({ useStaticToken: true });
    const notices: string[] = [];
    server.parts.platform.events.on('backend', (backend) => backend.events.on('notice', (text) => notices.push(text)));
    const first = await server.connect({ key: 'k' });
    expect(notices).toEqual([]);
    const second = await server.connect({ key: 'k', user: 'ann', auth: { role: 'editor' } });
    await server.connect({ key: 'other', user: 'bob' });
    expect(second.url).toBe(first.url);
    expect(notices).toEqual([expect.stringContaining('"user" and "auth"')]);
    const { headers } = (await send(second.url)).json<Echo>();
    expect(headers).not.toHaveProperty('x-verified-username');
    expect(headers).not.toHaveProperty('x-verified-user-data');
    expect(headers['x-verified-secret']).toBe('');
  });

  test('a replaced process keeps the token', async () => {
    const server = await startServer({ useStaticToken: true, onChange: 'restart', build: 'true', watch: false });
    const { url, token } = await server.connect();
    const before = (await send(url)).json<Echo>();
    await server.build('test');
    const after = await waitFor(async () => {
      const answer = (await send(url)).json<Echo>();
      return answer.pid === before.pid ? undefined : answer;
    }, 'the new process');
    expect(after.environment.SESSION_BACKEND_STATIC_TOKEN).toBe(token);
    expect(after.url).toBe(`/${token}/`);
  });

  test('the token of an ended backend is dead, and the next holder of the key has another', async () => {
    const server = await startServer({ useStaticToken: true });
    const { url, token, backend_id } = await server.connect({ key: 'k' });
    await post(`${server.apiUrl}/v2/backend/${backend_id}/terminate`, { hard: true });
    await untilStatus(server, backend_id, 'terminated');
    expect((await send(url)).json()).toMatchObject({ error: { status: 410, code: 'BackendEnded' } });
    expect((await server.connect({ key: 'k' })).token).not.toBe(token);
  });

  test('without static tokens, a path with the form of one has an unknown token', async () => {
    const server = await startServer();
    const { url } = await server.connect();
    expect((await send(url)).json<Echo>().environment).not.toHaveProperty('SESSION_BACKEND_STATIC_TOKEN');
    expect((await send(`${server.proxyUrl}/s.${'x'.repeat(43)}/`)).json()).toMatchObject({
      error: { code: 'TokenUnknown', status: 410 },
    });
  });
});
