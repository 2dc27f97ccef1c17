import { describe, expect, test } from 'vitest';
import { PLAIN_ANSWER, type RawConnection, type RawProxy, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

/** The paths that the backend received so far. */
function pathsAt({ backendConnections }: RawProxy): string[] {
  return backendConnections.flatMap(({ received }) =>
    [...received.matchAll(/[A-Z]+ (\S+) HTTP/g)].map(([, path = '']) => path),
  );
}

const request = (path: string, method = 'GET', rest = '\r\n') =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`;

describe('pipelined requests', () => {
  test('reach the backend one after the other, in order', async () => {
    const proxy = await startRawProxy();
    const pending: RawConnection[] = [];
    proxy.onRequest = (connection) => void pending.push(connection);
    const client = await proxy.open();
    const paths = ['/1', '/2', '/3', '/4'];
    client.send(
      paths
        .map((path, index) =>
          request(`${proxy.tokenPath}${path}`, index % 2 ? 'DELETE' : 'PUT', 'Content-Length: 1\r\n\r\nx'),
        )
        .join(''),
    );
    for (const [index] of paths.entries()) {
      await waitFor(() => pending.length === index + 1, `the request ${index + 1}`);
      expect(pathsAt(proxy)).toEqual(paths.slice(0, index + 1));
      pending[index]?.send(PLAIN_ANSWER);
    }
    await waitFor(() => client.received.split('200 OK').length === 5, 'all answers');
    expect(proxy.faults).toEqual([]);
  });

  test('are answered in order, even if the proxy refuses one of them', async () => {
    const proxy = await startRawProxy();
    const client = await proxy.open();
    client.send(request(`${proxy.tokenPath}/1`) + request('/unknown/2') + request(`${proxy.tokenPath}/3`));
    await waitFor(() => client.received.match(/HTTP\/1\.1 \d+/g)?.length === 3, 'three answers');
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 410', 'HTTP/1.1 200']);
    expect(pathsAt(proxy)).toEqual(['/1', '/3']);
  });

  test.each([
    ['a first line', 'garbage\r\n\r\n'],
    ['a header', request('{path}/2', 'GET', 'X A: 1\r\n\r\n')],
    ['two hosts', request('{path}/2', 'GET', 'Host: localhost\r\n\r\n')],
    ['the first chunk', request('{path}/2', 'POST', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n')],
    ['a later chunk', request('{path}/2', 'POST', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n')],
  ])('are answered before unreadable bytes that follow (%s)', async (_what, unreadable) => {
    const proxy = await startRawProxy();
    const pending: RawConnection[] = [];
    proxy.onRequest = (connection) => void pending.push(connection);
    const client = await proxy.open();
    const whole = [0, 1].map((index) => request(`${proxy.tokenPath}/${index}`)).join('');
    client.send(whole + unreadable.replace('{path}', proxy.tokenPath));
    for (const index of [0, 1]) {
      await waitFor(() => pending.length === index + 1, `the request ${index + 1}`);
      pending[index]?.send(PLAIN_ANSWER);
    }
    await client.untilEnd();
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(pathsAt(proxy)).toEqual(['/0', '/1']);
    expect([proxy.heldBy(), proxy.faults]).toEqual([0, []]);
  });

  test.each(['destroy', 'resetAndDestroy'] as const)(
    'are not sent to the backend after the client has left (%s)',
    async (leave) => {
      const proxy = await startRawProxy();
      proxy.onRequest = () => undefined;
      const client = await proxy.open();
      client.send(request(`${proxy.tokenPath}/1`) + request(`${proxy.tokenPath}/2`));
      await waitFor(() => pathsAt(proxy).length === 1, 'the first request');
      client.socket[leave]();
      await waitFor(() => proxy.heldBy() === 0, 'the backend to be let go');
      proxy.onRequest = (connection) => connection.send(PLAIN_ANSWER);
      await proxy.exchange(request(`${proxy.tokenPath}/3`, 'GET', 'Connection: close\r\n\r\n'));
      expect(pathsAt(proxy)).toEqual(['/1', '/3']);
    },
  );
});
