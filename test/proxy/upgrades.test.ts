import { describe, expect, test } from 'vitest';
import { type RawConnection, type RawProxy, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const FOO = 'Connection: Upgrade\r\nUpgrade: foo\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ';

function headOf(proxy: RawProxy, headers: string, method = 'GET'): string {
  return `${method} ${proxy.tokenPath}/u HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
}

async function onlyBackendConnection(proxy: RawProxy, part: string): Promise<RawConnection> {
  const connection = await waitFor(() => proxy.backendConnections[0], 'a connection to the backend');
  await connection.until(part);
  return connection;
}

async function untilNothingIsLeft(proxy: RawProxy): Promise<void> {
  await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
  await waitFor(
    () => proxy.backendConnections.every(({ isClosed, hasEnded }) => isClosed || hasEnded),
    'no descriptors',
  );
  expect(proxy.faults).toEqual([]);
}

describe('Proxy: upgrades', () => {
  describe('are passed on', () => {
    test.each([
      ['websocket', 'GET', WEBSOCKET],
      ['foo', 'GET', FOO],
      ['foo', 'POST', FOO],
      ['foo', 'POST', `${FOO}Content-Length: 0\r\n`],
      ['Foo/2.0', 'PUT', 'connection: keep-alive, UPGRADE\r\nUPGRADE: Foo/2.0\r\n'],
      ['websocket', 'GET', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c, websocket\r\nHTTP2-Settings: AAM\r\n'],
      ['foo', 'GET', 'Connection: Upgrade\r\nUpgrade: TLS/1.2\r\nUpgrade: foo\r\n'],
    ])('to %s with %s, whatever else is offered', async (protocol, method, headers) => {
      const proxy = await startRawProxy({ user: 'ann' });
      proxy.onRequest = (connection) =>
        connection.send(`${SWITCH}${protocol}\r\nX-Raw: \xfc\xff\r\n\r\nfrom the backend`);
      const client = await proxy.open();
      client.send(`${headOf(proxy, headers, method)}ahead`);
      expect(await client.until('from the backend')).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
      expect(client.received).toContain('\r\nX-Raw: \xfc\xff\r\n');
      expect(client.received).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/);
      expect(client.received).toContain('\r\nx-plane-backend-id: backend1234567\r\n');
      const backend = await onlyBackendConnection(proxy, '\r\n\r\nahead');
      expect(backend.received).toMatch(new RegExp(`^${method} /u HTTP/1\\.1\r\n`));
      // The new protocol's bytes directly follow the head, not as chunks of a body.
      expect(backend.received.split('\r\n\r\n').slice(1)).toEqual(['ahead']);
      expect(backend.received).not.toMatch(/transfer-encoding/i);
      expect(backend.received).toContain(`\r\nUpgrade: ${protocol}\r\n`);
      expect(backend.received).not.toMatch(/\r\n(upgrade|connection): .*(h2c|tls|settings)|http2-settings/i);
      expect(backend.received).toContain('\r\nx-verified-username: ann\r\n');
      client.send('\0\xff1');
      await backend.until('\0\xff1');
      backend.send('\xfe2');
      await client.until('\xfe2');
      expect(proxy.heldBy()).toBe(1);
      client.socket.end();
      await waitFor(() => backend.hasEnded, 'the backend to be told');
      backend.socket.end();
      await client.untilEnd();
      await untilNothingIsLeft(proxy);
    });

    test('with each side closed separately', async () => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => connection.send(`${SWITCH}foo\r\n\r\n`);
      const client = await proxy.open();
      client.send(headOf(proxy, FOO));
      await client.until('\r\n\r\n');
      client.socket.end();
      const [backend] = proxy.backendConnections as [RawConnection];
      await waitFor(() => backend.hasEnded, 'the backend to be told');
      backend.send('still here');
      await client.until('still here');
      backend.socket.end();
      await client.untilEnd();
      await untilNothingIsLeft(proxy);
    });
  });

  describe('to another HTTP version, to TLS, or to no protocol are answered in HTTP/1.1', () => {
    test.each([
      'h2c',
      'H2C',
      'h2',
      'HTTP/2.0',
      'http/1.1',
      'HTTP',
      'TLS/1.0',
      'tls',
      'h2c-14',
      'h2c;q=1',
      '"h2c"',
      'h2c foo',
      'foo/1/2',
      'gr\xfc\xdf',
      'h2c, TLS/1.2',
      'HTTP/3, h2c',
    ])('%s, with and without a body, one after the other, without accumulating listeners', async (protocol) => {
      const proxy = await startRawProxy();
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on('warning', onWarning);
      const client = await proxy.open();
      const offer = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n`;
      for (let index = 0; index < 24; index += 1) {
        client.received = '';
        if (index % 3 === 0) client.send(headOf(proxy, offer));
        else if (index % 3 === 1) client.send(`${headOf(proxy, `${offer}Content-Length: 5\r\n`, 'POST')}hello`);
        else client.send(`${headOf(proxy, `${offer}Transfer-Encoding: chunked\r\n`, 'POST')}5\r\nhello\r\n0\r\n\r\n`);
        expect(await client.until(/\r\n\r\nok$/)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      }
      process.off('warning', onWarning);
      expect(warnings).toEqual([]);
      const [backend] = proxy.backendConnections as [RawConnection];
      expect(backend.received).not.toMatch(/upgrade|settings/i);
      expect(backend.received.match(/hello/g)).toHaveLength(16);
      expect(proxy.backendConnections).toHaveLength(1);
      client.socket.destroy();
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
    });
  });

  describe('can’t be used to inject into the requests of others', () => {
    test.each([
      ['a length', 'Content-Length: 7\r\n', 'GET /x '],
      ['chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nGET /\r\n0\r\n\r\n'],
    ])('with a body announced by %s are plain requests', async (_, header, body) => {
      const proxy = await startRawProxy({ user: 'ann' });
      const client = await proxy.open();
      client.send(`${headOf(proxy, `${WEBSOCKET}${header}`)}${body}`);
      expect(await client.until(/\r\n\r\nok$/)).toMatch(/^HTTP\/1\.1 200/);
      const [backend] = proxy.backendConnections as [RawConnection];
      expect(backend.received).not.toMatch(/upgrade/i);
      expect(backend.received).toContain(`\r\n\r\n${body}`);
      client.received = '';
      client.send(`GET ${proxy.tokenPath}/next HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await client.until(/\r\n\r\nok$/);
      expect(backend.received).toMatch(/GET \/next HTTP\/1\.1\r\n/);
      client.socket.destroy();
    });

    test('never reuse the connection to the backend, even if the backend keeps it open', async () => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => connection.send('HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno');
      for (let index = 0; index < 3; index += 1) {
        const text = await proxy.exchange(headOf(proxy, WEBSOCKET));
        expect(text).toMatch(/^HTTP\/1\.1 400 No\r\n[\s\S]*\r\n\r\nno$/);
        await proxy.exchange(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      }
      const heads = proxy.backendConnections.map(({ received }) => received.match(/HTTP\/1\.1\r\n/g)?.length);
      // Three upgrades, and one connection shared by all three requests.
      expect(heads.sort()).toEqual([1, 1, 1, 3]);
    });

    test.each(['h2c', 'HTTP/2.0', 'bar', 'foo, bar', ''])(
      'that a backend switches to %j without an offer give 502',
      async (protocol) => {
        const proxy = await startRawProxy();
        proxy.onRequest = (connection) => connection.send(`${SWITCH}${protocol}\r\n\r\n`);
        const text = await proxy.exchange(headOf(proxy, 'Connection: Upgrade\r\nUpgrade: foo, h2c\r\n'));
        expect(text).toMatch(/^HTTP\/1\.1 502 /);
        expect(text).toContain('BackendAnswerInvalid');
        await untilNothingIsLeft(proxy);
      },
    );

    test('after an unanswered request wait for their turn as plain requests', async () => {
      const proxy = await startRawProxy();
      proxy.onRequest = () => undefined;
      const client = await proxy.open();
      client.send(`GET ${proxy.tokenPath}/first HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      client.send(headOf(proxy, WEBSOCKET));
      const first = await waitFor(() => proxy.backendConnections[0], 'the first request');
      await first.until('\r\n\r\n');
      expect(first.received).not.toContain('/u ');
      first.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst');
      const second = await waitFor(
        () => proxy.backendConnections.find(({ received }) => received.includes('/u ')),
        'the upgrade',
      );
      second.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
      const text = await client.until('second');
      expect(text.indexOf('first')).toBeLessThan(text.indexOf('second'));
      client.socket.destroy();
    });
  });

  describe('that are refused', () => {
    test.each([
      ['a length', 'HTTP/1.1 403 No\r\nX-Raw: \xfc\r\nContent-Length: 2\r\n\r\nno', 'no'],
      [
        'chunks',
        'HTTP/1.1 403 No\r\nX-Raw: \xfc\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
        '2\r\nno\r\n0\r\n\r\n',
      ],
      ['a body until the end', 'HTTP/1.1 403 No\r\nX-Raw: \xfc\r\nConnection: close\r\n\r\nno', '2\r\nno\r\n0\r\n\r\n'],
      ['no body', 'HTTP/1.1 204 No\r\nX-Raw: \xfc\r\n\r\n', ''],
    ])('with %s: the answer is passed on unchanged, and the connection ends', async (_, answer, body) => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => {
        connection.send(answer);
        if (answer.includes('close')) connection.socket.end();
      };
      const text = await proxy.exchange(`${headOf(proxy, WEBSOCKET)}bytes behind the handshake`);
      expect(text).toContain('\r\nX-Raw: \xfc\r\n');
      expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(body);
      expect(text).toMatch(/\r\nconnection: close\r\n/i);
      await untilNothingIsLeft(proxy);
    });

    test('with a large body: all of it is passed on', async () => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => {
        connection.send(`HTTP/1.1 403 No\r\nContent-Length: 5000000\r\n\r\n${'x'.repeat(5_000_000)}`);
      };
      const client = await proxy.open();
      client.socket.pause();
      client.send(headOf(proxy, WEBSOCKET));
      await waitFor(() => proxy.backendConnections[0]?.received, 'the request');
      client.socket.resume();
      const text = await client.untilEnd();
      expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(5_000_000);
      await untilNothingIsLeft(proxy);
    });

    test('by a backend that resets or sends garbage give 502', async () => {
      for (const nonsense of ['', 'nonsense\r\n\r\n', 'HTTP/1.1 000 x\r\n\r\n', 'HTTP/1.1 101 x\r\n\r\n']) {
        const proxy = await startRawProxy();
        proxy.onRequest = ({ socket }) => socket.end(nonsense);
        expect(await proxy.exchange(headOf(proxy, FOO))).toMatch(/^HTTP\/1\.1 502 /);
        await untilNothingIsLeft(proxy);
      }
    });

    test('for a wrong token are answered, whatever follows the handshake', async () => {
      const proxy = await startRawProxy();
      const text = await proxy.exchange(
        `GET /${'x'.repeat(43)}/ HTTP/1.1\r\nHost: localhost\r\n${WEBSOCKET}\r\n${'y'.repeat(100_000)}`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 4(10|13) /);
      await untilNothingIsLeft(proxy);
    });
  });

  test('more early data than the buffer holds is refused with a reason', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = () => undefined;
    const text = await proxy.exchange(`${headOf(proxy, FOO)}${'x'.repeat(1_000_000)}`);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('more than 64 KiB before its upgrade was answered');
    await untilNothingIsLeft(proxy);
  });
});
