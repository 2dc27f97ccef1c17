import { describe, expect, test, vi } from 'vitest';
import { TokenTable } from '../../src/platform/tokens.js';
import { PLAIN_ANSWER, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

// A fault of jamdev while one exchange is handled ends only that one.

const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

describe('Proxy: a fault', () => {
  test.each(['', WEBSOCKET, 'Expect: 100-continue\r\nContent-Length: 1\r\n'])(
    'while a request is accepted (%j) is answered with an id, reported with it, and ends nothing else',
    async (headers) => {
      const proxy = await startRawProxy();
      proxy.onRequest = () => undefined;
      const other = await proxy.open();
      other.send(`GET ${proxy.tokenPath}/other HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await waitFor(() => proxy.backendConnections[0]?.received, 'the other request');
      const broken = vi.spyOn(TokenTable.prototype, 'use').mockImplementationOnce(() => {
        throw new Error('broken on purpose');
      });
      const client = await proxy.open();
      client.send(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
      const text = await client.until(/\}$/);
      broken.mockRestore();
      expect(text).toMatch(/^HTTP\/1\.1 500 /);
      const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
      expect(error).toMatchObject({ code: 'Internal', status: 500 });
      expect(proxy.faults).toEqual([
        { id: error.id, error: expect.objectContaining({ message: 'broken on purpose' }) },
      ]);
      client.socket.destroy();
      proxy.backendConnections[0]?.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await other.until(/\r\n\r\nok$/);
      other.socket.destroy();
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
    },
  );

  test.each(['writeHead', 'write', 'end'] as const)(
    'in a stream’s callback (%s) ends only that answer',
    async (method) => {
      const { ServerResponse } = await import('node:http');
      const proxy = await startRawProxy();
      // In two parts, because a complete answer would be written at once.
      proxy.onRequest = (connection) => connection.send(PLAIN_ANSWER.slice(0, -1));
      const exchange = async () => {
        const client = await proxy.open();
        client.send(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
        await waitFor(
          () => /\r\n\r\no$/.test(client.received) || client.hasEnded || client.isClosed,
          'a part or the end',
        );
        proxy.backendConnections.at(-1)?.send('k');
        return client.untilEnd();
      };
      let breaks = true;
      const original = ServerResponse.prototype[method] as (...values: unknown[]) => unknown;
      const spy = vi.spyOn(ServerResponse.prototype, method).mockImplementation(function (
        this: unknown,
        ...values: unknown[]
      ) {
        if (!breaks) return original.apply(this, values) as never;
        breaks = false;
        throw new TypeError('broken on purpose');
      });
      const text = await exchange();
      const next = await exchange();
      spy.mockRestore();
      if (method === 'writeHead') expect(text).toMatch(/^HTTP\/1\.1 500 /);
      expect(next).toMatch(/\r\n\r\nok$/);
      expect(proxy.faults).toHaveLength(1);
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
    },
  );
});
