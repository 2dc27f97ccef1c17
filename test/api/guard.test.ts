import { once } from 'node:events';
import { createServer, request } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { describe, expect, onTestFinished, test } from 'vitest';
import { guard } from '../../src/api/guard.js';
import type { JamdevError } from '../../src/contract/errors/jamdev-error.js';

interface Answer {
  status: number;
  /** The body of a request that was let through, or the code of the error. */
  text: string;
  allowOrigin: string | undefined;
  headers: Record<string, string | string[] | undefined>;
}

/** Port 9090 serves pages of backends. */
const PROXY_PORT = 9090;

/** Sends a request through a new guard to the app behind it. */
async function ask(path: string, headers: Record<string, string | string[]>, method = 'GET'): Promise<Answer> {
  return (await startGuard()).ask(path, headers, method);
}

async function startGuard(): Promise<{ ask: typeof ask; pageCalls: string[] }> {
  const pageCalls: string[] = [];
  const app = express();
  app.use(
    guard({
      allowedHosts: { names: ['box.lan'], addresses: false },
      isBackendPage: ({ port }) => port === PROXY_PORT,
      isOtherProxy: async (port) => port === 9191,
      onPageCall: (origin) => pageCalls.push(origin),
    }),
  );
  app.use((_request: Request, response: Response) => void response.send('through'));
  app.use((error: JamdevError, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status).send(error.code);
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { ask: (path, headers, method = 'GET') => askServer(port, path, headers, method), pageCalls };
}

async function askServer(
  port: number,
  path: string,
  headers: Record<string, string | string[]>,
  method: string,
): Promise<Answer> {
  const lines = Object.entries(headers).flatMap(([name, values]) => [values].flat().flatMap((value) => [name, value]));
  const sent = request({ host: '127.0.0.1', port, path, method, headers: lines, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return {
    status: response.statusCode ?? 0,
    text,
    allowOrigin: response.headers['access-control-allow-origin'],
    headers: response.headers,
  };
}

const LOCAL = { host: 'localhost:8080' };
const STATUS = '/v2/backend/abc/status';

describe('HTTP API: who may call', () => {
  test.each([
    'localhost:8080',
    'abc.localhost',
    '127.0.0.1:8080',
    '[::1]:8080',
    'host.docker.internal',
    'box.lan:8080',
  ])('a request to the host %s is let through', async (host) => {
    expect(await ask('/v2/x', { host })).toMatchObject({ status: 200, text: 'through', allowOrigin: undefined });
  });

  test('answers forbid use as a script by a page elsewhere, whose request would have no Origin', async () => {
    for (const path of ['/v2/x', STATUS]) {
      expect((await ask(path, LOCAL)).headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    }
    expect((await ask('/v2/x', { host: 'evil.example' })).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
    });
  });

  test.each([
    ['/v2/x', 'GET'],
    [STATUS, 'GET'],
    ['/v2/x', 'OPTIONS'],
    ['/v2/x', 'POST'],
  ])('a request to a foreign host is refused, even for %s by %s', async (path, method) => {
    expect(await ask(path, { host: 'rebound.evil.example' }, method)).toMatchObject({
      status: 403,
      text: 'HostNotAllowed',
      allowOrigin: undefined,
    });
  });

  describe('a page on this machine', () => {
    test('may call everything, and the answer allows only that origin', async () => {
      const origin = 'http://localhost:5173';
      const answer = await ask('/v2/service/a/b/connect', { ...LOCAL, origin }, 'POST');
      expect(answer).toMatchObject({ status: 200, text: 'through', allowOrigin: origin });
      expect(answer.headers.vary).toMatch(/origin/i);
    });

    test('may send a preflight', async () => {
      const origin = 'http://127.0.0.1:3000';
      const answer = await ask('/v2/service/a/b/connect', { ...LOCAL, origin }, 'OPTIONS');
      expect(answer).toMatchObject({ status: 200, text: 'through', allowOrigin: origin });
    });
  });

  test('two Host headers are refused', async () => {
    for (const host of [
      ['localhost', 'evil.example'],
      ['evil.example', 'localhost'],
      ['localhost', 'localhost'],
    ]) {
      expect(await ask('/v2/x', { host })).toMatchObject({ status: 403, text: 'HostNotAllowed' });
    }
  });

  describe('a request without an Origin', () => {
    const changing = ['POST', 'PUT', 'PATCH', 'DELETE'];

    test.each(['cross-site', 'same-site', 'cross-site, none', 'unheard-of'])(
      'may not change anything with Sec-Fetch-Site: %s',
      async (site) => {
        for (const method of changing) {
          const answer = await ask('/v2/service/a/b/connect', { ...LOCAL, 'sec-fetch-site': site }, method);
          expect(answer).toMatchObject({ status: 403, text: 'OriginNotAllowed', allowOrigin: undefined });
        }
      },
    );

    test.each(['none', 'same-origin'])('may change things with Sec-Fetch-Site: %s', async (site) => {
      for (const method of changing) {
        expect(await ask('/v2/x', { ...LOCAL, 'sec-fetch-site': site }, method)).toMatchObject({ status: 200 });
      }
    });

    test.each(['https://evil.example/page', 'http://localhost:9090/TOKEN/', 'no url'])(
      'may not change anything with Referer: %s from an old browser',
      async (referer) => {
        for (const method of changing) {
          expect(await ask('/v2/x', { ...LOCAL, referer }, method)).toMatchObject({ text: 'OriginNotAllowed' });
        }
      },
    );

    test('may read from anywhere, because links may point here and no page sees the answer', async () => {
      for (const path of ['/ready/abc/TOKEN/', '/v2/x']) {
        for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { referer: 'https://evil.example/' }]) {
          const answer = await ask(path, { ...LOCAL, ...headers });
          expect(answer).toMatchObject({ status: 200, allowOrigin: undefined });
        }
      }
    });
  });

  test('only the first call of a page of the user’s own is reported', async () => {
    const { ask, pageCalls } = await startGuard();
    const origin = 'http://localhost:3000';
    await ask('/v2/x', LOCAL, 'POST');
    await ask(STATUS, { ...LOCAL, origin });
    await ask('/v2/x', { ...LOCAL, origin }, 'OPTIONS');
    await ask('/v2/x', { ...LOCAL, origin: 'https://evil.example' }, 'POST');
    await ask('/v2/x', { ...LOCAL, origin: 'http://localhost:9090' }, 'POST');
    expect(pageCalls).toEqual([]);
    await ask('/v2/x', { ...LOCAL, origin }, 'POST');
    await ask('/v2/x', { ...LOCAL, origin: 'http://127.0.0.1:3001' }, 'POST');
    expect(pageCalls).toEqual([origin]);
  });

  describe.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://evil.com?.localhost',
    'http://evil.com\\.localhost',
    'http://localhost:9090',
    'https://localhost:9090',
    'http://127.0.0.1:9090',
    'http://[::1]:9090',
    'http://abcdefghijklmn.localhost:9090',
    // The proxy of another dev server.
    'http://localhost:9191',
    'http://abcdefghijklmn.localhost:9191',
  ])('a page from %s', (origin) => {
    test.each(['GET', 'POST', 'OPTIONS', 'DELETE'])('may not call with %s', async (method) => {
      expect(await ask('/v2/service/a/b/connect', { ...LOCAL, origin }, method)).toMatchObject({
        status: 403,
        text: 'OriginNotAllowed',
        allowOrigin: undefined,
      });
    });

    test.each([
      STATUS,
      `${STATUS}/`,
      `${STATUS}/stream`,
      '/backend/abc/status',
      '/backend/abc/status/stream',
      `${STATUS}?x=1`,
      STATUS.toUpperCase(),
    ])('may read %s', async (path) => {
      expect(await ask(path, { ...LOCAL, origin })).toMatchObject({ status: 200, text: 'through', allowOrigin: '*' });
    });

    test('may send a preflight for reading a status', async () => {
      const answer = await ask(STATUS, { ...LOCAL, origin }, 'OPTIONS');
      expect(answer).toMatchObject({ status: 200, text: 'through', allowOrigin: '*' });
    });

    test.each([
      '/v2/backend/abc',
      '/v2/backend/abc/terminate',
      '/v2/backend/abc/logs/stream',
      '/v2/backend/abc/status/other',
      '/v2/backend/a/b/status',
      '/x/v2/backend/abc/status',
      '/backend//status',
      '/v2/x?/backend/abc/status',
    ])('may not read %s', async (path) => {
      expect(await ask(path, { ...LOCAL, origin })).toMatchObject({ status: 403, text: 'OriginNotAllowed' });
    });
  });
});
