import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { DevServer } from '../../src/dev-server/dev-server.js';
import type { Backend } from '../../src/platform/backend.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openStream, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** Answers /slow when it is told to end, or never, and counts its requests. */
const SERVER = `
const { createServer } = require('node:http');
const { appendFileSync } = require('node:fs');
const waiting = [];
const server = createServer((request, response) => {
  appendFileSync('requests', request.method + ' ' + request.url + '\\n');
  if (request.url.startsWith('/events')) return response.writeHead(200).write('first');
  if (!request.url.startsWith('/slow')) return response.end(String(process.pid));
  waiting.push(response);
  request.resume();
});
server.on('upgrade', (request) => appendFileSync('requests', 'UPGRADE ' + request.url + '\\n'));
if (process.argv[2] === 'graceful') {
  process.on('SIGTERM', () => setTimeout(() => {
    for (const response of waiting) response.end('late but whole');
    setTimeout(() => process.exit(), 300);
  }, 1500));
}
if (process.argv[2] === 'deaf') process.on('SIGTERM', () => undefined);
server.listen(process.env.PORT);
`;

async function start(kind: string): Promise<{ server: DevServer; url: string; backend: Backend; folder: string }> {
  const config = {
    command: `node server.js ${kind}`,
    watch: false,
    ...(kind === 'deaf' ? { gracePeriodSeconds: 1 } : {}),
  };
  const folder = makeProject({ 'server.js': SERVER, 'jamsocket.config.json': config });
  const server = await startServer({ folder, command: undefined });
  const { url, backend_id } = await server.connect();
  return { server, url, backend: await untilStatus(server, backend_id, 'ready'), folder };
}

/** Replaces its process, as a change with `onChange: restart` does. */
function swap(backend: Backend): void {
  if (backend.build === undefined) throw new Error('it has no build');
  backend.restart({ ...backend.build, number: backend.build.number + 1 }, 'a test');
}

async function untilSent(backend: Backend, count: number, folder: string): Promise<string[]> {
  return waitFor(() => {
    let lines: string[] = [];
    try {
      lines = readFileSync(`${folder}/requests`, 'utf8')
        .split('\n')
        .filter((line) => /slow|events/.test(line));
    } catch {
      // Nothing has been requested yet.
    }
    return lines.length >= count ? lines : undefined;
  }, `${backend.id} to have ${count} requests`);
}

describe('a request in progress when the process is replaced', () => {
  test.each(['GET', 'POST', 'PUT', 'DELETE'])(
    'gets an error that says so when the process ends, and is sent once: %s',
    async (method) => {
      const { url, backend, folder } = await start('plain');
      const body = 'x'.repeat(100_000);
      const slow = send(`${url}slow`, {
        method,
        ...(method === 'GET' ? {} : { body, headers: { 'content-length': String(body.length) } }),
      });
      await untilSent(backend, 1, folder);
      swap(backend);
      const answer = await slow;
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'x-plane-backend-id': backend.id } });
      expect(answer.json()).toMatchObject({ error: { code: 'BackendReplaced', status: 503 } });
      expect(answer.text).toContain('was replaced by build 2 before it answered');
      expect((await send(url)).status).toBe(200);
      expect(await untilSent(backend, 1, folder)).toEqual([`${method} /slow`]);
    },
  );

  test('gets the error with a half-sent upload, with an unanswered upgrade, and as a page', async () => {
    const { url, backend, folder } = await start('plain');
    const upload = httpRequest(`${url}slow`, {
      method: 'POST',
      headers: { 'content-length': '1000000' },
      agent: false,
    });
    const uploaded = once(upload, 'response');
    upload.write('x');
    const socket = new WebSocket(`${url.replace('http', 'ws')}slow`);
    socket.on('error', () => undefined);
    const upgraded = once(socket, 'unexpected-response');
    const page = send(`${url}slow`, { headers: { accept: 'text/html' } });
    await untilSent(backend, 3, folder);
    swap(backend);
    expect((await uploaded)[0]).toMatchObject({ statusCode: 503 });
    upload.destroy();
    expect((await upgraded)[1]).toMatchObject({ statusCode: 503 });
    socket.terminate();
    expect((await page).text).toContain('The process of the backend');
  });

  test('is answered by the old process as long as that lives, and the next request waits for the new one', async () => {
    const { url, backend, folder } = await start('graceful');
    const before = (await send(url)).text;
    const slow = send(`${url}slow`, { method: 'POST', body: 'x' });
    await untilSent(backend, 1, folder);
    swap(backend);
    const queued = send(url);
    expect(await slow).toMatchObject({ status: 200, text: 'late but whole' });
    expect((await queued).status).toBe(200);
    expect((await queued).text).not.toBe(before);
  });

  test('gets the error when a process that does not end is killed', async () => {
    const { url, backend, folder } = await start('deaf');
    const slow = send(`${url}slow`);
    await untilSent(backend, 1, folder);
    swap(backend);
    expect(await slow).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  test('ends like any other if its answer has begun', async () => {
    const { url, backend, folder } = await start('plain');
    const stream = await openStream(`${url}events`);
    await untilSent(backend, 1, folder);
    await waitFor(() => stream.chunks.length > 0, 'the first event');
    swap(backend);
    await stream.ended;
    expect(stream.chunks.join('')).toBe('first');
  });
});

test('a request in progress when the backend is terminated gets an error that says so', async () => {
  const { url, backend, folder } = await start('plain');
  const slow = send(`${url}slow`);
  await untilSent(backend, 1, folder);
  backend.terminate('external', false);
  const answer = await slow;
  expect(answer).toMatchObject({ status: 410 });
  expect(answer.json()).toMatchObject({ error: { code: 'BackendEnded' } });
});
