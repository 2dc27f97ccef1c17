import { METHODS as METHODS_OF_PARSER } from 'node:http';
import { describe, expect, test } from 'vitest';
import { type RawConnection, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

// Requests that Node.js's parser accepts are sent to the backend in a valid form, or are answered.

/** The head of the first request that the backend received, line by line. */
function linesOf(connection: RawConnection | undefined): string[] {
  return (connection?.received.split('\r\n\r\n', 1)[0] ?? '').split('\r\n');
}

describe('Proxy: odd requests', () => {
  test.each([
    ['no Host', 'GET TOKEN/ HTTP/1.1\r\n', 'no Host header'],
    ['two Hosts', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n', '2 Host headers'],
    ['two Hosts and HTTP/1.0', 'GET TOKEN/ HTTP/1.0\r\nHost: localhost\r\nhOST: evil\r\n', '2 Host headers'],
    ['CONNECT', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n', 'CONNECT'],
    [
      'CONNECT with an upgrade',
      'CONNECT a:1 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo\r\n',
      'CONNECT',
    ],
    ['HTTP/2.0', 'GET TOKEN/ HTTP/2.0\r\nHost: localhost\r\n', 'HTTP/2.0'],
    ['HTTP/0.9', 'GET TOKEN/ HTTP/0.9\r\nHost: localhost\r\n', 'HTTP/0.9'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n', 'it is in HTTP/2'],
    ['an unknown method', 'FOO TOKEN/ HTTP/1.1\r\nHost: localhost\r\n', 'method'],
    [
      'a length and chunks',
      'POST TOKEN/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n',
      '',
    ],
    [
      'chunks and a length',
      'POST TOKEN/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n',
      '',
    ],
    ['two lengths', 'POST TOKEN/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n', ''],
    ['a negative length', 'POST TOKEN/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n', ''],
    ['only gzip', 'POST TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n', 'ransfer-'],
    ['chunked twice', 'POST TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n', 'ransfer-'],
    ['chunked first', 'POST TOKEN/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n', ''],
    ['a word that contains chunked', 'POST TOKEN/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n', ''],
    ['chunks and HTTP/1.0', 'POST TOKEN/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n', 'HTTP/1.0 has no'],
    ['a space in a header name', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nX A: b\r\n', ''],
    ['a space before the colon', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nX-A : b\r\n', ''],
    ['NUL in a header', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nX-A: \0\r\n', ''],
    ['an escape in a header', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nX-A: \x1b[31m\r\n', ''],
    ['a bare line feed', 'GET TOKEN/ HTTP/1.1\nHost: localhost\n', ''],
    ['a target without a slash', 'GET localhost:80 HTTP/1.1\r\nHost: localhost\r\n', ''],
    ['a target with a space', 'GET TOKEN/ a HTTP/1.1\r\nHost: localhost\r\n', ''],
    ['* as the target', 'GET * HTTP/1.1\r\nHost: localhost\r\n', ''],
    ['* for OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n', undefined],
  ])('%s gives 400 with the reason, and never reaches the backend', async (_, head, reason) => {
    const proxy = await startRawProxy();
    const client = await proxy.open();
    client.send(`${head.replaceAll('TOKEN', proxy.tokenPath)}\r\n`);
    const text = await client.until(/\r\n\r\n[\s\S]*\}$|content-length: 0\r\n[\s\S]*\r\n\r\n/);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toMatch(/\r\nserver: jamdev\/1\.2\.3\r\n/);
    if (reason !== undefined) {
      const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
      expect(error).toEqual({
        status: 400,
        code: expect.any(String),
        id: expect.stringMatching(/^[\da-f]{12}$/),
        message: expect.stringContaining(reason),
      });
    }
    expect(proxy.backendConnections).toEqual([]);
    expect(proxy.faults).toEqual([]);
    client.socket.destroy();
  });

  test.each([
    ['Trailer', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTrailer: x\r\n\r\n'],
    ['Trailer with a length', 'POST TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTrailer: x\r\nContent-Length: 2\r\n\r\nhi'],
    [
      'Trailer with chunks',
      'POST TOKEN/ HTTP/1.1\r\nHost: a.localhost.localhost\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: y\r\n\r\n',
    ],
    ['Trailer of HTTP/1.0', 'GET TOKEN/ HTTP/1.0\r\nTrailer: x\r\n\r\n'],
    ['HTTP/1.0 without Host', 'GET TOKEN/ HTTP/1.0\r\n\r\n'],
    ['HTTP/1.0 that requests chunks', 'GET TOKEN/ HTTP/1.0\r\nTE: chunked, trailers\r\n\r\n'],
    ['an empty Host', 'GET TOKEN/ HTTP/1.1\r\nHost:\r\n\r\n'],
    ['a whole URL', 'GET http://localhost:9090TOKEN/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a whole URL of another scheme', 'GET ws://[::1TOKEN/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an unknown expectation', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n'],
    ['an expectation without a body', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n'],
    ['a header without a value', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nX-A:\r\n\r\n'],
    [
      'Connection that nominates everything',
      'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nConnection: host, content-length, transfer-encoding, te, trailer\r\n\r\n',
    ],
    ['Upgrade without Connection', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: foo\r\n\r\n'],
    ['Connection: upgrade without Upgrade', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n\r\n'],
    [
      'an upgrade without a protocol',
      'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: , ,\r\n\r\n',
    ],
    ['an upgrade of HTTP/1.0', 'GET TOKEN/ HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['GET with a body', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi'],
    [
      'GET with chunks',
      'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    ['POST without a body', 'POST TOKEN/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [
      'gzip and chunked',
      'POST TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    [
      'gzip and chunked in two lines',
      'POST TOKEN/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    ['an invalid Accept', 'GET TOKEN/ HTTP/1.1\r\nHost: localhost\r\nAccept: ;;,=\xff\r\n\r\n'],
  ])('%s reaches the backend, and the answer the client', async (_, text) => {
    const proxy = await startRawProxy();
    const client = await proxy.open();
    client.send(text.replaceAll('TOKEN', proxy.tokenPath));
    expect(await client.until(/\r\n\r\nok$/)).toMatch(/HTTP\/1\.1 200 OK\r\n/);
    const lines = linesOf(proxy.backendConnections[0]);
    expect(lines[0]).toMatch(/^(GET|POST) \/ HTTP\/1\.1$/);
    expect(lines.filter((line) => /^host:/i.test(line))).toHaveLength(1);
    expect(lines.some((line) => /^x-verified-path: \//.test(line))).toBe(true);
    expect(proxy.faults).toEqual([]);
    client.socket.destroy();
  });

  test('headers are passed on line by line, in their order and case, byte for byte', async () => {
    const proxy = await startRawProxy();
    const sent = [
      'X-B: 1',
      'x-a: 1',
      'X-b: 2',
      'Cookie: a=1',
      'cookie: b=2',
      'X-Raw: gr\xfc\xdfe\xff',
      'X-A: 2',
      'X-Empty: ',
    ];
    await proxy.exchange(
      `OPTIONS ${proxy.tokenPath}/p%41?q HTTP/1.1\r\nHost: LocalHost:1\r\n${sent.join('\r\n')}\r\nConnection: close\r\n\r\n`,
    );
    const lines = linesOf(proxy.backendConnections[0]);
    expect(lines.slice(0, sent.length + 2)).toEqual(['OPTIONS /p%41?q HTTP/1.1', 'Host: LocalHost:1', ...sent]);
    expect(lines.some((line) => /content-length|transfer-encoding/i.test(line))).toBe(false);
  });

  const METHODS = METHODS_OF_PARSER.filter((method) => method !== 'CONNECT');
  const KINDS: [string, string, string][] = [
    ['nothing', '', ''],
    ['the length 0', 'Content-Length: 0\r\n', 'Content-Length: 0\r\n'],
    ['an upgrade', 'Connection: Upgrade\r\nUpgrade: foo\r\n', 'Connection: Upgrade\r\nUpgrade: foo\r\n'],
    ['an expectation', 'Expect: 100-continue\r\n', 'Expect: 100-continue\r\n'],
  ];
  test.each(KINDS)('without a body, every method with %s gains only the proxy’s own headers', async (_, sent, seen) => {
    const proxy = await startRawProxy();
    for (const method of METHODS) {
      const client = await proxy.open();
      client.send(`${method} ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n${sent}\r\n`);
      await client.until('\r\n\r\n');
      client.socket.destroy();
      const head = proxy.backendConnections.map(({ received }) => received).join('');
      const own = head
        .slice(head.lastIndexOf(`${method} / HTTP/1.1\r\n`))
        .replace(/x-(verified|forwarded)-.*\r\n/g, '');
      const inOrder = (text: string) => text.split('\r\n').sort();
      expect(inOrder(own)).toEqual(inOrder(`${method} / HTTP/1.1\r\nHost: localhost\r\n${seen}\r\n`));
    }
    expect(proxy.faults).toEqual([]);
  });

  describe('the identity of a client', () => {
    const FORGED = [
      'X-Verified-Username',
      'x-verified-user-data',
      'X-VERIFIED-SECRET',
      'x-verified-path',
      'x-verified-backend',
      'X_Verified_Username',
      'x_verified-username',
      'X-Verified_Username',
      'x.verified.username',
      'X~Verified~Username',
      "x'verified'username",
      'X-Verified.Username',
      'X-Verified-',
      'X_VERIFIED_ANYTHING',
      'X!Verified!Username',
      'X-Forwarded-For',
      'X_Forwarded_For',
      'X-Forwarded-Proto',
      'x.forwarded.proto',
      'X-Forwarded-Host',
      'X_FORWARDED_HOST',
    ];

    test.each([
      '',
      'Expect: 100-continue\r\nContent-Length: 2\r\n',
      'Connection: upgrade\r\nUpgrade: websocket\r\n',
      'Connection: upgrade\r\nUpgrade: h2c\r\n',
    ])('comes only from the proxy, once, in every kind of request: %j', async (kind) => {
      const proxy = await startRawProxy({ user: 'grüße', auth: { name: 'Zoë' } });
      const client = await proxy.open();
      const forged = FORGED.map((name) => `${name}: forged`).join('\r\n');
      client.send(
        `POST ${proxy.tokenPath}/a?b HTTP/1.1\r\nHost: localhost\r\n${kind}${forged}\r\nConnection: ${FORGED.join(', ')}\r\n\r\n${kind.includes('Length') ? 'hi' : ''}`,
      );
      await client.until(/\r\n\r\nok$/);
      const [connection] = proxy.backendConnections;
      expect(connection?.received).not.toContain('forged');
      expect(connection?.received.split('\r\n\r\n', 1)[0]).not.toMatch(/connection:.*verified/i);
      const own = linesOf(connection).filter((line) => /^x[^a-z]/i.test(line));
      expect(own).toEqual([
        'x-forwarded-for: 127.0.0.1',
        'x-forwarded-proto: http',
        `x-verified-username: ${Buffer.from('grüße').toString('latin1')}`,
        `x-verified-user-data: ${Buffer.from('{"name":"Zoë"}').toString('latin1')}`,
        `x-verified-path: ${proxy.tokenPath}/a`,
        'x-verified-backend: backend1234567',
        expect.stringMatching(/^x-verified-secret: [\w-]{43}$/),
      ]);
      client.socket.destroy();
    });

    test('can’t be set in trailers either', async () => {
      const proxy = await startRawProxy({ user: 'ann' });
      const client = await proxy.open();
      client.send(
        `POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nTrailer: X_Verified_Username, x-sum\r\nTransfer-Encoding: chunked\r\n\r\n` +
          '2\r\nhi\r\n0\r\nX_Verified_Username: forged\r\nX-Verified-Username: forged\r\nx-sum: 1\r\nSet-Cookie: forged\r\nHost: forged\r\n\r\n',
      );
      await client.until(/\r\n\r\nok$/);
      await proxy.backendConnections[0]?.until('0\r\nx-sum: 1\r\n\r\n');
      expect(proxy.backendConnections[0]?.received).not.toContain('forged');
      expect(proxy.backendConnections[0]?.received).toMatch(/\r\nTrailer: ?x-sum\r\n/);
      client.socket.destroy();
    });
  });

  test.each([
    ['/TOKEN/a%2F?b', '/TOKEN/a%2F'],
    ['http://localhost:9090/TOKEN/a?b', '/TOKEN/a'],
    ['http://localhost/TOKEN?b', '/TOKEN'],
    ['HTTP://u:p@LOCALHOST/TOKEN/a/http://b', '/TOKEN/a/http://b'],
  ])('x-verified-path of the target %s is %s', async (target, path) => {
    const proxy = await startRawProxy();
    const own = (text: string) => text.replaceAll('TOKEN', proxy.token);
    await proxy.exchange(`GET ${own(target)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(linesOf(proxy.backendConnections[0])).toContain(`x-verified-path: ${own(path)}`);
  });

  test('a preflight that is not HTTP/1.1 is refused like any other request', async () => {
    const proxy = await startRawProxy();
    const text = await proxy.exchange(
      `OPTIONS ${proxy.tokenPath}/ HTTP/1.1\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  test('garbage after a complete request: first its answer, then 400', async () => {
    const proxy = await startRawProxy();
    const text = await proxy.exchange(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n\0garbage\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nokHTTP\/1\.1 400 Bad Request[\s\S]*\}$/);
    await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
  });

  test('a client that leaves after garbage and before its answer is no longer counted', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = () => undefined;
    const client = await proxy.open();
    client.send(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n\0garbage`);
    await waitFor(() => proxy.backendConnections[0]?.received.includes('\r\n\r\n'), 'the request');
    client.socket.end();
    await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
  });

  const ends = [
    ['closes', 'end'],
    ['resets', 'resetAndDestroy'],
  ] as const;
  const answers = [
    ['before its answer', ''],
    ['in the middle of its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['in an answer without an end', 'HTTP/1.1 200 OK\r\n\r\nhalf'],
    ['in chunks without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ] as const;
  const behind = ['A', 'GET /', 'GET / HTTP/1.1\r\nHost: x', '\0garbage', ''];
  const cases = ends.flatMap(([way, leave]) =>
    answers.flatMap(([when, answer]) => behind.map((rest) => [way, when, rest, answer, leave] as const)),
  );
  test.each(cases)('the connection of a client that %s %s, with %j after its request, is freed', async (...each) => {
    const [, , rest, answer, leave] = each;
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => {
      if (answer !== '') connection.send(answer);
    };
    const client = await proxy.open();
    client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n${rest}`);
    await waitFor(() => proxy.backendConnections[0]?.received.includes('\r\n\r\n'), 'the request');
    if (answer !== '') await waitFor(() => client.received.includes('half'), 'the beginning of the answer');
    client.socket[leave]();
    await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
  });

  test('headers are passed on up to Plane’s limit; more gives 431 with the size and its source', async () => {
    const proxy = await startRawProxy();
    const ask = (bytes: number) =>
      `GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${'x'.repeat(bytes)}\r\n\r\n`;
    for (const bytes of [30_000, 60_000, 100_000, 400_000]) {
      expect(await proxy.exchange(ask(bytes))).toMatch(/^HTTP\/1\.1 200/);
      const { length } = proxy.backendConnections.at(-1)?.received.split(`Cookie: ${'x'.repeat(bytes)}\r\n`) ?? [];
      expect(length).toBe(2);
    }
    for (const bytes of [420_000, 5_000_000]) {
      const text = await proxy.exchange(ask(bytes));
      expect(text).toMatch(/^HTTP\/1\.1 431 /);
      expect(text).toContain('The client sent a request line and headers larger than 408 KiB');
      expect(text).toMatch(/\r\nserver: jamdev/);
    }
    const many = `GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'a: b\r\n'.repeat(5_000)}\r\n`;
    await proxy.exchange(many);
    expect(proxy.backendConnections.at(-1)?.received.match(/\r\na: b/g)).toHaveLength(5_000);
  });

  test('a target is passed on up to Plane’s limit; a longer one gives 414', async () => {
    const proxy = await startRawProxy();
    const ask = (path: string) =>
      proxy.exchange(`GET ${proxy.tokenPath}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    for (const length of [20_000, 60_000, 65_534 - proxy.tokenPath.length]) {
      const path = `/${'p'.repeat(length - 1)}`;
      expect(await ask(path)).toMatch(/^HTTP\/1\.1 200/);
      expect(proxy.backendConnections.at(-1)?.received).toContain(`GET ${path} HTTP/1.1\r\n`);
    }
    const { length } = proxy.backendConnections;
    for (const excess of [1, 1_000, 300_000]) {
      const text = await ask(`/${'p'.repeat(65_533 + excess - proxy.tokenPath.length)}`);
      expect(text).toMatch(/^HTTP\/1\.1 414 URI Too Long\r\n/);
      expect(text).toContain(`has ${65_534 + excess} bytes after the host`);
    }
    expect(proxy.backendConnections).toHaveLength(length);
  });
});
