import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntilReady } from '../../src/runtime/readiness.js';
import type { Address } from '../../src/runtime/runtime.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const HOST = '127.0.0.1';

/** Starts a server that is closed, with its connections, when the test ends. */
async function start(server: Server, port = 0): Promise<Address> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(port, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host: HOST, port: (server.address() as { port: number }).port };
}

/** Waits until the backend is ready or the test ends. */
function startWaiting(addresses: readonly Address[]) {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const ready = waitUntilReady(addresses, controller.signal);
  let settled = false;
  ready.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  return { ready, controller, isSettled: () => settled };
}

const answerWith =
  (status: number): RequestListener =>
  (_, response) =>
    response.writeHead(status).end();

test.each([200, 204, 301, 404, 426, 500, 503])('an answer with status %d counts', async (status) => {
  const address = await start(createServer(answerWith(status)));
  expect(await startWaiting([address]).ready).toEqual(address);
});

test('requests HEAD / with jamdev’s user agent on its own connection', async () => {
  const requests: IncomingMessage[] = [];
  const address = await start(
    createServer((request, response) => {
      requests.push(request);
      response.end();
    }),
  );
  await startWaiting([address]).ready;
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ method: 'HEAD', url: '/' });
  expect(requests[0]?.headers).toMatchObject({ 'user-agent': 'jamdev-readiness', connection: 'close' });
});

test('a listener that does not speak HTTP is not ready', async () => {
  let connections = 0;
  const address = await start(
    createNetServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      if (connections % 2 === 0) socket.destroy();
      else socket.end('SSH-2.0-nonsense\r\n');
    }),
  );
  const { isSettled } = startWaiting([address]);
  await waitFor(() => connections >= 6, 'six tries');
  expect(isSettled()).toBe(false);
});

test('a server that starts later is then found', async () => {
  const early = createNetServer((socket) => socket.destroy());
  const address = await start(early);
  let refused = 0;
  early.on('connection', () => {
    refused += 1;
  });
  const { ready } = startWaiting([address]);
  await waitFor(() => refused >= 2, 'two tries in vain');
  early.close();
  await once(early, 'close');
  await start(createServer(answerWith(200)), address.port);
  expect(await ready).toEqual(address);
});

test('a slow first answer is waited for without another request', async () => {
  let requests = 0;
  let answer: () => void = () => undefined;
  const address = await start(
    createServer((_, response) => {
      requests += 1;
      answer = () => response.end();
    }),
  );
  const { ready } = startWaiting([address]);
  await waitFor(() => requests === 1, 'the request');
  answer();
  await ready;
  expect(requests).toBe(1);
});

test('the first of several addresses to answer wins, and the others are not asked again', async () => {
  let tries = 0;
  const never = await start(
    createNetServer((socket) => {
      tries += 1;
      socket.destroy();
    }),
  );
  const hanging = createServer(() => undefined);
  const hung = await start(hanging);
  const closed = new Promise((resolve) => hanging.once('connection', (socket) => socket.once('close', resolve)));
  let answerGood: (() => void) | undefined;
  const good = await start(
    createServer((_, response) => {
      answerGood = () => response.end();
    }),
  );
  const { ready } = startWaiting([never, hung, good]);
  const answer = await waitFor<false | (() => void) | undefined>(
    () => tries > 1 && answerGood,
    'every address to be asked',
  );
  if (answer) answer();
  expect(await ready).toEqual(good);
  await closed;
});

test('an abort ends the wait with the signal’s reason, even while an answer is outstanding', async () => {
  let requests = 0;
  const address = await start(
    createServer(() => {
      requests += 1;
    }),
  );
  const { ready, controller } = startWaiting([address]);
  const failed = expect(ready).rejects.toThrow('enough');
  await waitFor(() => requests === 1, 'the request');
  controller.abort(new Error('enough'));
  await failed;
  await expect(waitUntilReady([address], AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  expect(requests).toBe(1);
});

test('no request is sent before the backend may be able to answer', async () => {
  let requests = 0;
  let checks = 0;
  const address = await start(
    createServer((_, response) => {
      requests += 1;
      response.end();
    }),
  );
  const mayAnswer = () => {
    checks += 1;
    expect(requests).toBe(0);
    return checks > 5;
  };
  const { signal } = new AbortController();
  expect(await waitUntilReady([address], signal, undefined, mayAnswer)).toEqual(address);
  expect({ requests, checks }).toEqual({ requests: 1, checks: 6 });
});

test('a request is sent in the end even if the backend never seems able to answer', async () => {
  const address = await start(createServer(answerWith(200)));
  const { signal } = new AbortController();
  expect(await waitUntilReady([address], signal, undefined, () => false)).toEqual(address);
});

test('a socket that leads to the address is used instead of it', async () => {
  const socketPath = join(makeTempFolder(), 's');
  const hosts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.end();
  });
  server.listen(socketPath);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // Reserved for documentation: nothing answers there.
  const address = { host: '192.0.2.7', port: 8080, socketPath };
  expect(await startWaiting([address]).ready).toBe(address);
  expect(hosts).toEqual(['192.0.2.7:8080']);
});
