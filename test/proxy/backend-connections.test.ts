import { describe, expect, test } from 'vitest';
import { PLAIN_ANSWER, type RawConnection, type RawProxy, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

async function get(proxy: RawProxy, path: string, more = ''): Promise<string> {
  return proxy.exchange(
    `GET ${proxy.tokenPath}${path} HTTP/1.1\r\nHost: localhost\r\n${more}Connection: close\r\n\r\n`,
  );
}

describe('Proxy: connections to a backend', () => {
  test('are used again after complete answers', async () => {
    const proxy = await startRawProxy();
    for (let index = 0; index < 5; index += 1) expect(await get(proxy, `/${index}`)).toMatch(/\r\n\r\nok$/);
    expect(proxy.backendConnections).toHaveLength(1);
  });

  test.each([
    ['a second answer', `${PLAIN_ANSWER}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
    ['garbage', `${PLAIN_ANSWER}garbage`],
    ['a body behind 204', 'HTTP/1.1 204 No\r\nContent-Length: 6\r\n\r\nforged'],
    [
      'a body behind 304',
      'HTTP/1.1 304 No\r\nContent-Length: 45\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged',
    ],
    ['100 Continue', `${PLAIN_ANSWER}HTTP/1.1 100 Continue\r\n\r\n`],
  ])('are not used again with %s after an answer', async (_, bytes) => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(proxy.backendConnections.length === 1 ? bytes : PLAIN_ANSWER);
    expect(await get(proxy, '/a')).not.toContain('forged');
    await waitFor(() => proxy.backendConnections[0]?.hasEnded || proxy.backendConnections[0]?.isClosed, 'its end');
    expect(await get(proxy, '/b')).toMatch(/\r\n\r\nok$/);
    expect(proxy.backendConnections).toHaveLength(2);
    expect(proxy.faults).toEqual([]);
  });

  test.each(['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged', 'x', '\0', 'HTTP/1.1 408 Timeout\r\n\r\n'])(
    'are closed if bytes arrive while they are idle: %j',
    async (bytes) => {
      const proxy = await startRawProxy();
      expect(await get(proxy, '/a')).toMatch(/\r\n\r\nok$/);
      const [first] = proxy.backendConnections as [RawConnection];
      await waitFor(async () => {
        // Idle from the moment when the next request would use it.
        return first.received.length > 0;
      }, 'the request');
      first.send(bytes);
      await waitFor(() => first.hasEnded || first.isClosed, 'its end');
      expect(await get(proxy, '/b')).toMatch(/\r\n\r\nok$/);
      expect(proxy.backendConnections).toHaveLength(2);
    },
  );

  test.each(['H', '\r\n', 'HTTP/1.1 200 OK\r\nX-A: '])(
    'with the beginning of another answer after an answer are not used again: %j',
    async (bytes) => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => {
        connection.send(
          connection.received.includes('/a ') && !connection.received.includes('/b ')
            ? PLAIN_ANSWER + bytes
            : PLAIN_ANSWER,
        );
      };
      expect(await get(proxy, '/a')).toMatch(/\r\n\r\nok$/);
      const next = await get(proxy, '/b');
      expect(next).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n[\s\S]*\r\n\r\nok$/);
      expect(next).not.toContain('X-A');
    },
  );

  test('with a body after a HEAD request never use it as the next answer', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => {
      connection.send(
        connection.received.startsWith('HEAD')
          ? 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
          : PLAIN_ANSWER,
      );
    };
    const head = await proxy.exchange(
      `HEAD ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await waitFor(() => proxy.backendConnections[0]?.hasEnded || proxy.backendConnections[0]?.isClosed, 'its end');
    expect(await get(proxy, '/b')).toMatch(/\r\n\r\nok$/);
  });

  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('that the backend will close (%s) are not used again, but the client’s stays open', async (_, answer) => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(answer);
    const client = await proxy.open();
    for (let index = 1; index <= 3; index += 1) {
      client.received = '';
      client.send(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect(await client.until(/\r\n\r\nok$/)).toMatch(/\r\nConnection: keep-alive\r\n/);
      expect(proxy.backendConnections).toHaveLength(index);
    }
    client.socket.destroy();
  });

  test('with an unfinished upload are not used again', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(PLAIN_ANSWER);
    const client = await proxy.open();
    client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\npart`);
    await client.until(/\r\n\r\nok$/);
    client.socket.destroy();
    await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
    expect(await get(proxy, '/b')).toMatch(/\r\n\r\nok$/);
    expect(proxy.backendConnections).toHaveLength(2);
    expect(proxy.backendConnections[1]?.received).toMatch(/^GET \/b /);
  });

  test('used before and closed without an answer cause one retry, if that is safe', async () => {
    const proxy = await startRawProxy();
    expect(await get(proxy, '/a')).toMatch(/\r\n\r\nok$/);
    proxy.onRequest = (connection) => {
      if (connection === proxy.backendConnections[0]) connection.socket.destroy();
      else connection.send(PLAIN_ANSWER);
    };
    expect(await get(proxy, '/b')).toMatch(/\r\n\r\nok$/);
    expect(proxy.backendConnections).toHaveLength(2);
    proxy.onRequest = ({ socket }) => socket.destroy();
    expect(
      await proxy.exchange(
        `POST ${proxy.tokenPath}/c HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
      ),
    ).toMatch(/^HTTP\/1\.1 502 /);
    expect(proxy.backendConnections.filter(({ received }) => received.includes('POST /c'))).toHaveLength(1);
  });
});
