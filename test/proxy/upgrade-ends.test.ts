import { describe, expect, test } from 'vitest';
import { type RawConnection, type RawProxy, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
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
  describe('whose client leaves free everything', () => {
    const WAYS: [string, (client: RawConnection) => void][] = [
      ['closes', ({ socket }) => socket.end()],
      ['is destroyed', ({ socket }) => socket.destroy()],
      ['resets', ({ socket }) => socket.resetAndDestroy()],
    ];
    const AHEAD = ['', 'bytes behind the handshake', 'x'.repeat(60_000)];
    const CASES = WAYS.flatMap(([way, leave]) => AHEAD.map((ahead) => [way, ahead.length, leave, ahead] as const));

    test.each(CASES)(
      'while they wait for a backend to become ready: it %s, %d bytes ahead',
      async (_way, _length, leave, ahead) => {
        const proxy = await startRawProxy({ ready: false });
        const client = await proxy.open();
        client.send(`${headOf(proxy, WEBSOCKET)}${ahead}`);
        await waitFor(() => proxy.heldBy() === 1, 'it to be counted');
        leave(client);
        await untilNothingIsLeft(proxy);
        expect(proxy.backendConnections).toEqual([]);
      },
    );

    test.each(CASES)(
      'while the backend does not answer: it %s, %d bytes ahead',
      async (_way, _length, leave, ahead) => {
        const proxy = await startRawProxy();
        proxy.onRequest = () => undefined;
        const client = await proxy.open();
        client.send(`${headOf(proxy, WEBSOCKET)}${ahead}`);
        await onlyBackendConnection(proxy, '\r\n\r\n');
        expect(proxy.heldBy()).toBe(1);
        leave(client);
        await untilNothingIsLeft(proxy);
      },
    );

    test.each(CASES)('in the middle of a refusal: it %s, %d bytes ahead', async (_way, _length, leave, ahead) => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => connection.send('HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\npart');
      const client = await proxy.open();
      client.send(`${headOf(proxy, WEBSOCKET)}${ahead}`);
      await client.until('part');
      leave(client);
      await untilNothingIsLeft(proxy);
    });

    test.each(CASES)('once they are accepted: it %s, %d bytes ahead', async (_way, _length, leave, ahead) => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => connection.send(`${SWITCH}websocket\r\n\r\n`);
      const client = await proxy.open();
      client.send(`${headOf(proxy, WEBSOCKET)}${ahead}`);
      await client.until('\r\n\r\n');
      leave(client);
      const [backend] = proxy.backendConnections as [RawConnection];
      await waitFor(() => backend.hasEnded || backend.isClosed, 'the backend to be told');
      // The backend sends nothing and does not close its side, as if it stood at a breakpoint.
      await untilNothingIsLeft(proxy);
    });

    test('after a refusal on a connection kept open', async () => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => connection.send('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno');
      const client = await proxy.open();
      client.send(headOf(proxy, WEBSOCKET));
      await client.until(/\r\n\r\nno$/);
      await untilNothingIsLeft(proxy);
      await waitFor(() => client.hasEnded, 'the end');
      client.socket.destroy();
    });
  });

  test('end for the client when the backend leaves', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(`${SWITCH}websocket\r\n\r\n`);
    const client = await proxy.open();
    client.send(headOf(proxy, WEBSOCKET));
    await client.until('\r\n\r\n');
    proxy.backendConnections[0]?.socket.resetAndDestroy();
    await client.untilEnd();
    await untilNothingIsLeft(proxy);
  });
});
