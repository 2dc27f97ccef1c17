import { describe, expect, test } from 'vitest';
import type { ApiSuite, TestApi } from '../../support/api/test-api.js';
import { openSocket } from '../../support/http.js';
import { waitFor } from '../../support/wait.js';

/** Invalid HTTP, which Node.js alone would answer without a body, and unusual but valid requests. */
export const unreadableRequests: ApiSuite = (target) => {
  describe('HTTP API: unreadable requests', () => {
    test.each([
      ['not HTTP at all', 'hello\r\n\r\n'],
      ['an invalid header', 'GET /auth HTTP/1.1\r\nhost: localhost\r\n\0\r\n\r\n'],
      ['two lengths', 'POST /auth HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ])('%s is answered in the error shape', async (_, text) => {
      const api = await target.open();
      const { statusLine, headers, body } = readAnswer(await exchange(api, text));
      expect(statusLine).toBe('HTTP/1.1 400 Bad Request');
      expect(headers).toEqual([
        'content-type: application/json',
        `content-length: ${body.length}`,
        expect.stringMatching(/^date: \w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT$/),
        'connection: close',
      ]);
      expect(JSON.parse(body)).toEqual({
        error: {
          status: 400,
          code: 'InvalidRequest',
          message: expect.stringMatching(
            /^The request could not be read as HTTP: Parse Error: .*content-length in bytes/,
          ),
          id: expect.stringMatching(/^[0-9a-f]{12}$/),
        },
      });
    });

    test('a body longer than declared starts nothing, and its sender gets an error', async () => {
      const api = await target.open();
      const body = JSON.stringify({ key: 'größe' });
      const head = 'POST /v2/service/-/-/connect HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
      const answer = await exchange(api, `${head}content-length: ${body.length}\r\n\r\n${body}`);
      expect(readAnswer(answer).statusLine).toBe('HTTP/1.1 400 Bad Request');
      expect(JSON.parse(readAnswer(answer).body).error.message).toContain('content-length in bytes');
      expect(await api.place.spawned()).toEqual([]);
    });

    test.each([
      ['CONNECT /auth HTTP/1.1', '', 405, 'MethodNotAllowed'],
      ['CONNECT localhost:80 HTTP/1.1', '', 404, 'RouteNotFound'],
      ['GET /nope HTTP/1.1', 'expect: something\r\n', 404, 'RouteNotFound'],
      ['GET /nope HTTP/1.1', 'connection: upgrade, close\r\nupgrade: websocket\r\n', 404, 'RouteNotFound'],
      ['POST /nope HTTP/1.1', 'expect: 100-continue\r\ncontent-length: 0\r\n', 404, 'RouteNotFound'],
    ])('%s with %j is answered like any other request', async (line, headers, status, code) => {
      const api = await target.open();
      const { socket, received } = await openSocket(api.url);
      socket.write(`${line}\r\nhost: localhost\r\n${headers}\r\n`);
      await waitFor(() => received().includes(code), 'the answer');
      const text = received().replace('HTTP/1.1 100 Continue\r\n\r\n', '');
      expect(readAnswer(text).statusLine).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(JSON.parse(readAnswer(text).body).error).toMatchObject({ status, code });
    });

    test('a request without a host is refused in the error shape', async () => {
      const api = await target.open();
      const answer = await exchange(api, 'GET /auth HTTP/1.1\r\nconnection: close\r\n\r\n');
      expect(JSON.parse(readAnswer(answer).body).error).toMatchObject({ status: 403, code: 'HostNotAllowed' });
    });

    test('a client that sends Expect: 100-continue is told to continue', async () => {
      const api = await target.open();
      const { socket, received } = await openSocket(api.url);
      const body = JSON.stringify({ key: 'k', spawn: false });
      const head = 'POST /v2/service/-/-/connect HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n';
      socket.write(withToken(api, `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`));
      await waitFor(() => received().startsWith('HTTP/1.1 100 Continue'), 'the word to go on');
      socket.write(body);
      await waitFor(() => received().includes('KeyUnheldNoSpawnConfig'), 'the answer');
    });

    test.each([
      ['GET http://localhost/auth', 200],
      ['GET HTTP://elsewhere.example:80/auth?a#b', 200],
      ['GET http://localhost', 404],
      ['GET http://localhost?a', 404],
      ['GET /auth#fragment', 200],
      ['GET /auth?a#b#c', 200],
      ['GET *', 404],
      ['OPTIONS *', 404],
      ['CONNECT localhost:80', 404],
    ])('%s is answered by its path, without a warning of Node.js', async (start, status) => {
      const api = await target.open();
      // Warnings of a dev server, which runs in this process.
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on('warning', onWarning);
      const text = await exchange(api, `${start} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', onWarning);
      expect(Number(text.slice(9, 12))).toBe(status);
      expect(warnings).toEqual([]);
    });

    test('endless headers are refused as too large', async () => {
      const api = await target.open();
      const answer = await exchange(api, `GET /auth HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(70_000)}`);
      expect(readAnswer(answer).statusLine).toBe('HTTP/1.1 431 Request Header Fields Too Large');
      expect(JSON.parse(readAnswer(answer).body).error).toMatchObject({
        status: 431,
        code: 'HeadersTooLarge',
        message: expect.stringContaining('The client sent a request line and headers larger than 64 KiB'),
      });
    });

    test('Expect: 100-continue is answered first, and then the request', async () => {
      const api = await target.open();
      const { socket, received } = await openSocket(api.url);
      const head = 'POST /v2/service/-/-/connect HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
      socket.write(withToken(api, `${head}content-length: 2\r\nexpect: 100-continue\r\n\r\n`));
      await waitFor(() => received().includes('100 Continue'), 'the go-ahead');
      socket.write('{}');
      await waitFor(() => received().includes('"backend_id"'), 'the answer');
    });

    test('60 KB of headers are accepted', async () => {
      const api = await target.open();
      expect((await api.send(`/auth`, { headers: { cookie: 'x'.repeat(60_000) } })).status).toBe(200);
    });

    test('garbage in the middle of another answer adds nothing to it', async () => {
      const api = await target.open();
      const { backend_id } = await api.connect();
      const { socket, received } = await openSocket(api.url);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(withToken(api, `GET /v2/backend/${backend_id}/status/stream HTTP/1.1\r\nhost: localhost\r\n\r\n`));
      await waitFor(() => received().includes('"ready"'), 'the stream');
      socket.write('hello\r\n\r\n');
      await closed;
      expect(received()).not.toContain('400');
      expect((await api.send(`/v2/backend/${backend_id}/status`)).json()).toMatchObject({ status: 'ready' });
    });
  });
};

/** The same request with a token of the API. */
function withToken(api: TestApi, text: string): string {
  return text.replace('host: localhost\r\n', `host: localhost\r\nauthorization: Bearer ${api.place.token}\r\n`);
}

/** Sends text. @returns everything received until the server closed the connection */
async function exchange(api: TestApi, text: string): Promise<string> {
  const { socket, received } = await openSocket(api.url);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(withToken(api, text));
  await closed;
  return received();
}

function readAnswer(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [statusLine, ...headers] = head.split('\r\n');
  return { statusLine, headers, body };
}
