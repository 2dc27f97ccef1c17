import { describe, expect, test } from 'vitest';
import { startRawProxy } from '../support/raw-proxy.js';

// Answers that Node.js's parser accepts from a backend, but that its writer would throw on, still become answers.

const VERSIONS = ['1.1', '1.0'] as const;

/** Sends one request to a backend that answers with these bytes and closes. */
async function answerOf(bytes: string, version: string, more = '', method = 'GET') {
  const proxy = await startRawProxy();
  proxy.onRequest = (connection) => {
    connection.send(bytes);
    connection.socket.end();
  };
  const text = await proxy.exchange(
    `${method} ${proxy.tokenPath}/ HTTP/${version}\r\nHost: localhost\r\n${more}Connection: close\r\n\r\n`,
  );
  const next = await proxy.exchange(`GET /ready HTTP/1.0\r\n\r\n`);
  expect(next).toContain('ok');
  expect(proxy.faults).toEqual([]);
  expect(proxy.heldBy()).toBe(0);
  const at = text.indexOf('\r\n\r\n');
  return { text, head: text.slice(0, at), body: text.slice(at + 4), status: Number(text.slice(9, 12)) };
}

describe.each(VERSIONS)('Proxy: odd answers to a client of HTTP/%s', (version) => {
  test.each([
    ['status 000', 'HTTP/1.1 000 x\r\nContent-Length: 2\r\n\r\nok', 'its status is 000'],
    ['status 099', 'HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok', 'its status is 099'],
    ['status 001 without a reason', 'HTTP/1.1 001\r\nContent-Length: 0\r\n\r\n', 'its status is 001'],
    ['a status of 4 digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'not valid HTTP'],
    ['a control character in the reason', 'HTTP/1.1 200 a\x01b\r\nContent-Length: 2\r\n\r\nok', 'reason phrase'],
    ['an escape in the reason', 'HTTP/1.1 200 \x1b[31m\r\nContent-Length: 2\r\n\r\nok', 'reason phrase'],
    ['DEL in the reason', 'HTTP/1.1 200 a\x7fb\r\nContent-Length: 2\r\n\r\nok', 'reason phrase'],
    ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 'HTTP/2.0'],
    ['HTTP/0.9', 'HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok', 'HTTP/0.9'],
    ['not HTTP', 'hello\r\n\r\n', 'not valid HTTP'],
    ['TLS', '\x16\x03\x01\x00\xa5\x01\x00', 'not valid HTTP'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnothing\r\n\r\n', 'not valid HTTP'],
    ['a header with NUL', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n', 'not valid HTTP'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok', 'not valid HTTP'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok',
      'not valid HTTP',
    ],
    ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n', 'Transfer-Encoding'],
    [
      'chunked first',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\nx',
      'Transfer-Encoding',
    ],
    ['a word that contains chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: x-chunked\r\n\r\nx', 'Transfer-Encoding'],
    [
      '101 without a request',
      'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      'the client did not request',
    ],
    ['101 without a reason', 'HTTP/1.1 101 Switching\r\n\r\n', '101'],
  ])('%s gives 502 with the reason', async (_, bytes, reason) => {
    const { status, text } = await answerOf(bytes, version);
    expect(status).toBe(502);
    expect(text).toContain('"code":"BackendAnswerInvalid"');
    expect(text).toContain(reason);
    expect(text).toMatch(/\r\nserver: jamdev\/1\.2\.3\r\n/);
    expect(text).toMatch(/\r\nx-plane-backend-id: backend1234567\r\n/);
  });

  test.each([
    ['Trailer with a length', 'HTTP/1.1 200 OK\r\nTrailer: x\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['Trailer until the end', 'HTTP/1.1 200 OK\r\nTrailer: x\r\n\r\nok', 'ok'],
    [
      'Trailer with chunks',
      'HTTP/1.1 200 OK\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n',
      'ok',
    ],
    ['Trailer in 304', 'HTTP/1.1 304 X\r\nTrailer: x\r\n\r\n', ''],
    ['chunks in 304', 'HTTP/1.1 304 X\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\n\r\n', ''],
    ['a length in 304', 'HTTP/1.1 304 X\r\nContent-Length: 7\r\n\r\n', ''],
    ['chunks in 204', 'HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n', ''],
    ['a length and a body in 204', 'HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\nhello', ''],
    ['a body in 304', 'HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\nhello', ''],
    ['no reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['an empty reason', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['a non-ASCII reason', 'HTTP/1.1 200 gr\xfc\xdfe\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['status 999', 'HTTP/1.1 999 x\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['status 600 and HTTP/1.0', 'HTTP/1.0 600 x\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    [
      'informational answers first',
      'HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: a\r\n\r\nHTTP/1.1 199 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'ok',
    ],
    [
      'a body longer than its length',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nforged',
      'ok',
    ],
    ['garbage after the body', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\0\0\0', 'ok'],
    [
      'an Upgrade as an offer',
      'HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok',
      'ok',
    ],
    ['a body until the end', 'HTTP/1.1 200 OK\r\n\r\nok', 'ok'],
    ['an empty Connection', 'HTTP/1.1 200 OK\r\nConnection:\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    [
      'Connection that nominates the length',
      'HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\nok',
      'ok',
    ],
    ['a header without a value', 'HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok', 'ok'],
  ])('%s is passed on', async (_, bytes, expected) => {
    const { status, body, head } = await answerOf(bytes, version);
    const sent = /HTTP\/1\.\d (?!1\d\d)(\d+)/.exec(bytes)?.[1];
    expect(status).toBe(Number(sent));
    const isChunked = /transfer-encoding: chunked/i.test(head);
    expect(isChunked && version === '1.0').toBe(false);
    if (isChunked) expect(body).toBe(`${expected.length.toString(16)}\r\n${expected}\r\n0\r\n\r\n`);
    else expect(body).toBe(expected);
    expect(head).not.toMatch(/\r\n(trailer|keep-alive): [^t]/i);
  });

  test.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nX-A: b'],
  ])('a backend that sends %s and closes gives 502', async (_, bytes) => {
    const { status, text } = await answerOf(bytes, version);
    expect(status).toBe(502);
    expect(text).toMatch(/BackendUnreachable|BackendAnswerInvalid/);
  });
});

describe('Proxy: odd answers', () => {
  test.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\nok',
  ])('HEAD is answered without a body: %j', async (bytes) => {
    const { status, body } = await answerOf(bytes, '1.1', '', 'HEAD');
    expect({ status, body }).toEqual({ status: 200, body: '' });
  });

  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['broken chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n'],
  ])('an answer cut off with %s does not look complete', async (_, bytes) => {
    const { text } = await answerOf(bytes, '1.1');
    expect(text).toContain('part');
    expect(text).not.toMatch(/0\r\n\r\n$/);
  });

  test('gzip as the only Transfer-Encoding ends with the connection', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\x1f\x8bdata');
      connection.socket.end();
    };
    const text = await proxy.exchange(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(text).toMatch(/\r\nTransfer-Encoding: gzip\r\n/);
    expect(text).toMatch(/\r\nConnection: close\r\n/);
    expect(text).toMatch(/\r\n\r\n\x1f\x8bdata$/);
  });

  test('gzip with chunked is passed on unchanged', async () => {
    const { text } = await answerOf(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      '1.1',
    );
    expect(text).toMatch(/Transfer-Encoding: gzip, chunked\r\n/);
    expect(text).toMatch(/\r\n\r\n2\r\nok\r\n0\r\n\r\n$/);
  });

  test('headers are passed on byte for byte, in their order and case, with repetitions', async () => {
    const lines =
      'X-B: 1\r\nset-cookie: a=1\r\nX-A: \xfc\xdf\xff\r\nSet-Cookie: b=2\r\nX-B: 2\r\nServer: mine\r\nContent-Length: 0\r\n';
    const { head } = await answerOf(`HTTP/1.1 200 OK\r\n${lines}\r\n`, '1.1');
    expect(`${head}\r\n`).toContain(`HTTP/1.1 200 OK\r\n${lines}`);
    expect(head).not.toContain('jamdev');
  });

  test.each([
    ['a 304 has no length for a body it lacks', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
    ['a 304 has no coding', 'GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a 204 has no length', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    ['HEAD has no coding', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('%s, as on Plane', async (_, method, bytes) => {
    const { head } = await answerOf(`${bytes}`, '1.1', '', method);
    expect(head).not.toMatch(/content-length|transfer-encoding/i);
  });

  test('HEAD has the length of the answer to GET', async () => {
    const { head } = await answerOf('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', '1.1', '', 'HEAD');
    expect(head).toMatch(/\r\nContent-Length: 9/);
  });

  test('headers of the proxy follow those of the backend, in the order of Plane', async () => {
    const { head } = await answerOf('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Last: 1\r\n\r\n', '1.1');
    const names = head.split('\r\n').map((line) => line.split(':', 1)[0]?.toLowerCase());
    const added = names.slice(names.indexOf('x-last') + 1, -2);
    expect(added).toEqual([
      ...['access-control-allow-origin', 'access-control-allow-methods', 'access-control-allow-headers'],
      ...['server', 'x-plane-backend-id'],
    ]);
  });

  test('headers about the backend’s connection are not passed on', async () => {
    const lines = 'Connection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=99\r\nProxy-Connection: close\r\n';
    const { head } = await answerOf(`HTTP/1.1 200 OK\r\n${lines}X-Other: 2\r\nContent-Length: 0\r\n\r\n`, '1.1');
    expect(head).not.toMatch(/X-Mine|timeout=99|Proxy-Connection/i);
    expect(head).toContain('X-Other: 2');
  });

  test('headers are passed on up to Plane’s limit; more gives 502 with the size and its source', async () => {
    const cookies = (count: number) => `Set-Cookie: ${'x'.repeat(3_000)}\r\n`.repeat(count);
    const fine = await answerOf(`HTTP/1.1 200 OK\r\n${cookies(130)}Content-Length: 2\r\n\r\nok`, '1.1');
    expect(fine.status).toBe(200);
    expect(fine.head.match(/Set-Cookie/g)).toHaveLength(130);
    const tooMuch = await answerOf(`HTTP/1.1 200 OK\r\n${cookies(150)}Content-Length: 2\r\n\r\nok`, '1.1');
    expect(tooMuch.status).toBe(502);
    expect(tooMuch.body).toContain('response headers of the backend \\"backend1234567\\" are larger than 408 KiB');
    const many = await answerOf(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(5_000)}Content-Length: 2\r\n\r\nok`, '1.1');
    expect(many.head.match(/\r\na: b/g)).toHaveLength(5_000);
  });

  test('a head without a body is sent at once', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) =>
      connection.send('HTTP/1.1 200 OK\r\nX-A: \xfc\r\nContent-Type: text/event-stream\r\n\r\n');
    const client = await proxy.open();
    client.send(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(await client.until('\r\n\r\n')).toContain('X-A: \xfc\r\n');
    client.socket.destroy();
  });
});
