import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { listen } from '../../src/ports/listen.js';
import { findFreePortAbove, isPortInUse } from '../../src/ports/probe-port.js';
import { waitFor } from '../support/wait.js';

const REQUEST = { what: 'API', flag: '--port' };

/** Listens, and closes everything when the test ends. */
async function listenForTest(
  request: Parameters<typeof listen>[0],
  makeServer = () => createServer((_, response) => response.end('hi')),
) {
  const made: Server[] = [];
  onTestFinished(() => {
    for (const server of made) server.close();
  });
  return listen(request, () => {
    const server = makeServer();
    made.push(server);
    return server;
  });
}

async function statusOf(host: string, port: number): Promise<number | undefined> {
  const request = get({ host, port, agent: false });
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** A server that fails to listen with a code, on one host or all. */
function failingServer(code: string, onlyOn?: string): Server {
  const server = createServer();
  const original = server.listen.bind(server) as (options: object) => Server;
  server.listen = ((options: { host: string }) => {
    if (onlyOn !== undefined && options.host !== onlyOn) return original(options);
    queueMicrotask(() => server.emit('error', Object.assign(new Error(code), { code })));
    return server;
  }) as unknown as Server['listen'];
  return server;
}

test('without a host both loopback addresses get the same port', async () => {
  const { port, servers } = await listenForTest({ ...REQUEST, port: 0 });
  expect(port).toBeGreaterThan(0);
  for (const server of servers) {
    const { address, port: own } = server.address() as { address: string; port: number };
    expect(['127.0.0.1', '::1']).toContain(address);
    expect(own).toBe(port);
    expect(await statusOf(address, port)).toBe(200);
  }
  expect(servers.map((server) => (server.address() as { address: string }).address)).toContain('127.0.0.1');
});

test('with a host only that address is listened on', async () => {
  const { servers } = await listenForTest({ ...REQUEST, port: 0, host: '127.0.0.1' });
  expect(servers).toHaveLength(1);
});

test('a machine without IPv6 uses only IPv4', async () => {
  for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
    const { servers } = await listenForTest({ ...REQUEST, port: 0 }, () => failingServer(code, '::1'));
    expect(servers).toHaveLength(1);
  }
});

test('a port that is free on IPv4 but taken on IPv6 is replaced by another free one', async () => {
  let attempts = 0;
  const { port, servers } = await listenForTest({ ...REQUEST, port: 0 }, () => {
    attempts += 1;
    return attempts <= 4 ? failingServer('EADDRINUSE', '::1') : createServer();
  });
  expect(attempts).toBeGreaterThan(4);
  expect(servers.every((server) => (server.address() as { port: number }).port === port)).toBe(true);
});

describe('a port that can’t be opened', () => {
  async function takePort(host: string): Promise<number> {
    const server = createNetServer().listen(0, host);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as { port: number }).port;
  }

  test('because it is taken is reported with its holder and a remedy', async () => {
    const port = await takePort('127.0.0.1');
    await expect(listenForTest({ ...REQUEST, port })).rejects.toMatchObject({
      code: 'PortTaken',
      message: expect.stringMatching(new RegExp(`^Port ${port} for the API is taken`)),
      remedy: expect.stringMatching(/add --port \d+ for another port/),
    });
  });

  test('is followed by a suggested free one, even if its neighbors are taken', async () => {
    const port = await takePort('127.0.0.1');
    const neighbor = createNetServer().listen(port + 1, '::1');
    // If another program has it, it is taken too.
    await Promise.race([once(neighbor, 'listening'), once(neighbor, 'error')]);
    onTestFinished(() => void neighbor.close());
    const { remedy } = await listenForTest({ ...REQUEST, port }).then(
      () => ({ remedy: '' }),
      (error: JamdevError) => error,
    );
    const offered = Number(/add --port (\d+)/.exec(remedy)?.[1]);
    expect(offered).toBeGreaterThan(port + 1);
    expect(await isPortInUse(offered)).toBe(false);
  });

  test('and is the last one leads to the suggestion of any free one', async () => {
    expect(await findFreePortAbove(65_535)).toBe(0);
  });

  test('on the second address leaves nothing listening on the first', async () => {
    const made: Server[] = [];
    await expect(
      listen({ ...REQUEST, port: 0 }, () => {
        made.push(failingServer('EADDRINUSE', '::1'));
        return made.at(-1) as Server;
      }),
    ).rejects.toMatchObject({ code: 'PortTaken' });
    expect(made.length).toBeGreaterThan(2);
    expect(made.filter((server) => server.listening)).toEqual([]);
  });

  test('because the system forbids it is reported with a port that is allowed', async () => {
    const request = { what: 'proxy', flag: '--proxy-port', port: 80 };
    await expect(listenForTest(request, () => failingServer('EACCES'))).rejects.toMatchObject({
      code: 'PortTaken',
      sentence: expect.stringContaining('--proxy-port 8080'),
    });
  });

  test.each(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'])(
    'because the host is not of this machine (%s) is reported',
    async (code) => {
      const request = { ...REQUEST, port: 0, host: 'elsewhere.example' };
      await expect(listenForTest(request, () => failingServer(code))).rejects.toMatchObject({
        code: 'HostUnavailable',
        message: `jamdev can't listen on the host "elsewhere.example" (${code}).`,
      });
    },
  );

  test('on an address of another machine is reported (for real)', async () => {
    // 192.0.2.0/24 is reserved for documentation, so no machine has it.
    await expect(listenForTest({ ...REQUEST, port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'HostUnavailable',
    });
  });

  test('because file descriptors have run out is reported with how to get more', async () => {
    await expect(listenForTest({ ...REQUEST, port: 0 }, () => failingServer('EMFILE'))).rejects.toMatchObject({
      sentence: expect.stringContaining('ulimit -n'),
    });
  });

  test('for an unknown reason is reported unchanged', async () => {
    await expect(listenForTest({ ...REQUEST, port: 0 }, () => failingServer('EWEIRD'))).rejects.toMatchObject({
      code: 'EWEIRD',
    });
  });
});

test('when a connection ends, pipelined requests that waited on it are reported too', async () => {
  const over: string[] = [];
  let begun = 0;
  const { port } = await listenForTest({ ...REQUEST, port: 0 }, () =>
    createServer((request, response) => {
      begun += 1;
      response.once('close', () => over.push(request.url ?? ''));
      if (request.url === '/done') response.end('done');
    }),
  );
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const socket = connect(port, '127.0.0.1');
  socket.write(['/done', '/slow', '/behind', '/done', '/last'].map(ask).join(''));
  await waitFor(() => begun === 5, 'all five to come');
  await waitFor(() => over.length === 1, 'the first to be done');
  socket.destroy();
  await waitFor(() => over.length === 5, 'the others to be told');
  expect(over.toSorted()).toEqual(['/behind', '/done', '/done', '/last', '/slow']);
});
