import { describe, expect, test } from 'vitest';
import { type RawConnection, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

const MEGABYTE = 'x'.repeat(1024 * 1024);

/** Sends until the proxy accepts no more, or everything is sent. */
async function upload(client: RawConnection, megabytes: number): Promise<void> {
  for (let index = 0; index < megabytes && !client.isClosed; index += 1) {
    if (!client.socket.write(MEGABYTE)) {
      await waitFor(() => !client.socket.writableNeedDrain || client.isClosed, 'the proxy to take it');
    }
  }
}

describe('Proxy: uploads', () => {
  const REFUSALS: [string, string][] = [
    ['with a length', 'HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhuge'],
    [
      'in chunks',
      'HTTP/1.1 413 Too Large\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nhuge\r\n0\r\n\r\n',
    ],
    ['until the end', 'HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nhuge'],
    ['with a length, and no word of closing', 'HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nhuge'],
  ];
  const CLOSINGS: [string, (connection: RawConnection) => void][] = [
    ['closes', ({ socket }) => socket.destroy()],
    ['closes its side', ({ socket }) => socket.end()],
    ['resets', ({ socket }) => setImmediate(() => socket.resetAndDestroy())],
  ];
  const FRAMINGS: [string, string, string][] = [
    ['keeps its connection', `Content-Length: ${20 * MEGABYTE.length}\r\n`, ''],
    ['closes its connection', `Content-Length: ${20 * MEGABYTE.length}\r\nConnection: close\r\n`, ''],
    ['waited to be told to go on', `Content-Length: ${20 * MEGABYTE.length}\r\nExpect: 100-continue\r\n`, ''],
  ];
  const CASES = REFUSALS.flatMap(([form, answer]) =>
    CLOSINGS.flatMap(([closing, close]) =>
      FRAMINGS.map(([client, header]) => ({ form, closing, client, answer, close, header })),
    ),
  );

  test.each(CASES)(
    'refused early $form by a backend that $closing: a client that $client gets the 413',
    async ({ answer, close, header }) => {
      const proxy = await startRawProxy();
      proxy.onRequest = (connection) => {
        connection.socket.pause();
        connection.send(answer);
        setTimeout(() => close(connection), 20);
      };
      const client = await proxy.open();
      client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`);
      await upload(client, 20);
      await client.until('huge');
      expect(client.received.replace('HTTP/1.1 100 Continue\r\n\r\n', '')).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
      client.socket.destroy();
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
      expect(proxy.faults).toEqual([]);
    },
  );

  test('refused by a backend that only resets give 502', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = ({ socket }) => socket.resetAndDestroy();
    const client = await proxy.open();
    client.send(
      `POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${20 * MEGABYTE.length}\r\n\r\n`,
    );
    await upload(client, 20);
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 502 [\s\S]*does not answer on its port/);
    client.socket.destroy();
  });

  test.each(['', 'Connection: close\r\n'])('to an unknown token: the client gets the 410 (%j)', async (header) => {
    const proxy = await startRawProxy();
    const client = await proxy.open();
    client.send(
      `POST /${'x'.repeat(43)}/ HTTP/1.1\r\nHost: localhost\r\n${header}Content-Length: ${20 * MEGABYTE.length}\r\n\r\n`,
    );
    await upload(client, 20);
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 410 /);
    client.socket.destroy();
  });

  test('continue after an early answer as long as the backend reads them', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => {
      if (connection.received.split('HTTP/1.1\r\n').length === 2)
        connection.send('HTTP/1.1 202 Fine\r\nContent-Length: 2\r\n\r\nok');
    };
    const client = await proxy.open();
    client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nfirst`);
    await client.until('202 Fine');
    expect(proxy.heldBy()).toBe(1);
    client.send('last');
    await proxy.backendConnections[0]?.until('firstlast');
    await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
    client.socket.destroy();
  });

  test.each(['destroy', 'resetAndDestroy'] as const)(
    'whose client leaves (%s) end at the backend too',
    async (leave) => {
      const proxy = await startRawProxy();
      proxy.onRequest = () => undefined;
      const client = await proxy.open();
      client.send(`POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\npart`);
      await waitFor(() => proxy.backendConnections[0]?.received.endsWith('part'), 'the part');
      client.socket[leave]();
      await waitFor(() => proxy.backendConnections[0]?.hasEnded || proxy.backendConnections[0]?.isClosed, 'the end');
      await waitFor(() => proxy.heldBy() === 0, 'the count to be 0');
    },
  );

  describe('with Expect: 100-continue', () => {
    const HEAD = 'HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

    test('get the go-ahead once there is a backend, which sees the header, with the right bytes', async () => {
      const proxy = await startRawProxy({ ready: false, user: 'grüße', auth: { name: 'Zoë' } });
      const client = await proxy.open();
      client.send(`POST ${proxy.tokenPath}/ ${HEAD}`);
      await waitFor(() => proxy.heldBy() === 1, 'it to be counted');
      expect(client.received).toBe('');
      proxy.becomeReady();
      await client.until('HTTP/1.1 100 Continue\r\n\r\n');
      client.send('hello');
      await proxy.backendConnections[0]?.until('hello');
      await client.until(/\r\n\r\nok$/);
      const { received } = proxy.backendConnections[0] as RawConnection;
      expect(received).toContain('\r\nExpect: 100-continue\r\n');
      expect(received).toContain(`\r\nx-verified-username: ${Buffer.from('grüße').toString('latin1')}\r\n`);
      expect(received).toContain(`\r\nx-verified-user-data: ${Buffer.from('{"name":"Zoë"}').toString('latin1')}\r\n`);
      expect(received).toMatch(/\r\n\r\nhello$/);
      client.socket.destroy();
    });

    test('without a backend are refused without the go-ahead', async () => {
      const proxy = await startRawProxy();
      const client = await proxy.open();
      client.send(`POST /${'x'.repeat(43)}/ ${HEAD}`);
      expect(await client.untilEnd()).toMatch(/^HTTP\/1\.1 410 [\s\S]*\r\nConnection: close\r\n/);
      client.socket.destroy();
    });
  });
});
