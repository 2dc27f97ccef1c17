import { describe, expect, test } from 'vitest';
import { type RawConnection, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

const WAYS: [string, (client: RawConnection) => void][] = [
  ['closes', ({ socket }) => socket.end()],
  ['is destroyed', ({ socket }) => socket.destroy()],
  ['resets', ({ socket }) => socket.resetAndDestroy()],
];
const SIZES = [100, 70_000, 1_000_000, 3_000_000];
const FRAMINGS: [string, (size: number) => string][] = [
  ['a length', (size) => `Content-Length: ${size + 1}\r\n\r\n${'x'.repeat(size)}`],
  ['chunks', (size) => `Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`],
];
const CASES = WAYS.flatMap(([way, leave]) =>
  FRAMINGS.flatMap(([framing, frame]) => SIZES.map((size) => [way, size, framing, leave, frame(size)] as const)),
);

describe('Proxy: an upload whose client leaves is freed', () => {
  test.each(CASES)(
    'while it waits for a backend to become ready: the client %s after %d bytes with %s',
    async (_way, size, _framing, leave, framed) => {
      const proxy = await startRawProxy({ ready: false });
      const client = await proxy.open();
      client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n${framed}`);
      await waitFor(() => proxy.heldBy() === 1, 'it to be counted');
      await waitFor(() => client.socket.bytesWritten >= size, 'all to be sent');
      leave(client);
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
      expect(proxy.backendConnections).toEqual([]);
      expect(proxy.faults).toEqual([]);
    },
  );

  test.each(CASES)(
    'while the backend reads nothing, as at a breakpoint: the client %s after %d bytes with %s',
    async (_way, _size, _framing, leave, framed) => {
      const proxy = await startRawProxy();
      proxy.onRequest = ({ socket }) => void socket.pause();
      const client = await proxy.open();
      client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n${framed}`);
      await waitFor(() => proxy.backendConnections[0], 'the request');
      leave(client);
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
      expect(proxy.faults).toEqual([]);
    },
  );

  test.each([3_000_000, 20_000_000])('an upload whose client stays arrives completely: %d bytes', async (size) => {
    const proxy = await startRawProxy({ ready: false });
    const body = Array.from({ length: size / 10 }, (_, index) => String(index).padStart(10, '.')).join('');
    const client = await proxy.open();
    client.send(
      `POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n${body}`,
    );
    await waitFor(() => proxy.heldBy() === 1, 'it to be counted');
    proxy.onRequest = () => undefined;
    proxy.becomeReady();
    const backend = await waitFor(() => proxy.backendConnections[0], 'the request');
    await waitFor(() => backend.received.length >= size && backend.received.endsWith(body.slice(-100)), 'the body');
    expect(backend.received.slice(backend.received.indexOf('\r\n\r\n') + 4) === body).toBe(true);
    backend.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await client.untilEnd()).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});
