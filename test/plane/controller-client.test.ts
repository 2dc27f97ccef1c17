import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ControllerClient, ControllerRefusal } from '../../src/plane/controller-client.js';

const REQUEST = {
  key: { namespace: 'acme/docs', name: 'k', tag: '' },
  user: undefined,
  auth: {},
  spawn_config: undefined,
};

/** A controller that answers as the test says. */
async function controllerWith(answer: RequestListener): Promise<ControllerClient> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new ControllerClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

test.each<[what: string, answer: RequestListener, code: string, message: RegExp]>([
  [
    'Axum’s error for a body that it cannot read',
    (_, response) => response.writeHead(422).end('Failed to deserialize'),
    'ControllerFailed',
    /status 422, Failed to deserialize/,
  ],
  ['an empty error', (_, response) => response.writeHead(503).end(), 'ControllerFailed', /status 503/],
  ['invalid JSON', (_, response) => response.end('<html>'), 'ControllerFailed', /not JSON/],
  ['JSON of an unexpected form', (_, response) => response.end('{"a":1}'), 'ControllerFailed', /another form/],
  [
    'a cut connection',
    (request) => request.socket.destroy(),
    'ControllerUnavailable',
    /does not answer \((?:other side closed|ECONNRESET)\)/,
  ],
  [
    'an unexpected error of Plane, as without its database',
    (_, response) => response.writeHead(500).end('{"id":"a","kind":"Other","message":"Internal error."}'),
    'ControllerUnavailable',
    /is failing; it answered: Internal error\.$/,
  ],
  [
    'half an answer',
    (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      setImmediate(() => request.socket.destroy());
    },
    'ControllerUnavailable',
    /does not answer/,
  ],
])('an answer of %s is explained in words', async (_what, answer, code, message) => {
  const controller = await controllerWith(answer);
  await expect(controller.connect(REQUEST)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('an error of Plane keeps its kind', async () => {
  const controller = await controllerWith((_, response) => {
    response.writeHead(409).end('{"id":"a","kind":"KeyUnheldNoSpawnConfig","message":"Lock is unheld"}');
  });
  const error = await controller.connect(REQUEST).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ControllerRefusal);
  expect(error).toMatchObject({ kind: 'KeyUnheldNoSpawnConfig' });
});

test('a port without a listener is reported as such', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const controller = new ControllerClient(`http://127.0.0.1:${port}`);
  await expect(controller.clusterState('example.com')).rejects.toMatchObject({
    code: 'ControllerUnavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('connections are reused, and a slow spawn request does not block others', async () => {
  const ports = new Set<number | undefined>();
  let finish: () => void = () => undefined;
  const controller = await controllerWith((request, response) => {
    ports.add(request.socket.remotePort);
    if (request.url !== '/ctrl/connect') return void response.end('null');
    finish = () =>
      response.end('{"backend_id":"a","spawned":true,"status":"scheduled","token":"t","url":"http://a/t/"}');
  });
  const spawning = controller.connect(REQUEST);
  for (let count = 0; count < 20; count += 1) await controller.terminate('b', true);
  finish();
  expect(await spawning).toMatchObject({ backend_id: 'a' });
  expect(ports.size).toBeLessThan(10);
});

test('a caller that stops waiting gets its own reason', async () => {
  let onRequest: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => {
    onRequest = resolve;
  });
  const controller = await controllerWith(() => onRequest());
  const abort = new AbortController();
  const answer = controller.connect(REQUEST, abort.signal);
  await isAsked;
  const reason = new Error('the client disconnected');
  abort.abort(reason);
  await expect(answer).rejects.toBe(reason);
});

test('statuses are read however the network splits them, and later ones are requested after the last known', async () => {
  const text = [
    'data: {"status":"scheduled","time":1}\nid: scheduled\n\n',
    ':\n\n',
    'data: {"status":"ready","time":2}\nid: ready\n\n',
  ].join('');
  let after: unknown;
  const controller = await controllerWith((request, response) => {
    after = request.headers['last-event-id'];
    void (async () => {
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    })();
  });
  const statuses = [];
  const { signal } = new AbortController();
  for await (const status of controller.statuses('abc', 'loading', signal)) statuses.push(status);
  expect(statuses).toEqual([
    { status: 'scheduled', time: 1 },
    { status: 'ready', time: 2 },
  ]);
  expect(after).toBe('loading');
});

test('backend names cannot lead to other paths of the controller', async () => {
  const paths: unknown[] = [];
  const controller = await controllerWith((request, response) => {
    paths.push(request.url);
    response.end('null');
  });
  await controller.terminate('../c/x', true);
  expect(paths).toEqual(['/ctrl/b/..%2Fc%2Fx/hard-terminate']);
});
