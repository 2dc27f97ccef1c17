import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../support/dev-server.js';
import { send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const NAVIGATION = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
/** Listens on a port of its own, and also on PORT once a file named "go" exists. */
const WRONG_PORT = `
const { createServer } = require('node:http');
const { existsSync } = require('node:fs');
const answer = (request, response) => { response.writeHead(200); response.end('here'); };
const server = createServer(answer).listen(0, '127.0.0.1');
const right = createServer(answer);
right.on('upgrade', (request, socket) => socket.end('HTTP/1.1 426 Upgrade Required\\r\\nconnection: close\\r\\n\\r\\n'));
const timer = setInterval(() => {
  if (!existsSync('go')) return;
  clearInterval(timer);
  right.listen(process.env.PORT, '127.0.0.1');
}, 20);
`;

/** Starts a request. @returns whether and when it was answered, and the answer */
function startRequest(url: string, headers: Record<string, string>, method = 'GET') {
  const startedAt = performance.now();
  const request = { isAnswered: false, ms: 0, answer: send(url, { headers, method }) };
  const done = () => {
    request.isAnswered = true;
    request.ms = performance.now() - startedAt;
  };
  request.answer.then(done, done);
  return request;
}

describe('requests to a backend that listens on the wrong port', () => {
  test('a page gets the reason after 10 s, all others keep waiting, and the log says for what', async () => {
    const folder = makeProject({ 'server.js': WRONG_PORT });
    const server = await startServer({ folder, command: 'node server.js', watch: false });
    const { url, backend_id, token } = await server.connect();
    const backend = server.parts.platform.backend(backend_id);
    const notices: string[] = [];
    backend.events.on('notice', (text) => notices.push(text));

    const page = startRequest(url, { accept: NAVIGATION });
    const form = startRequest(`${url}form`, { accept: NAVIGATION }, 'POST');
    const json = startRequest(url, { accept: 'application/json' });
    const anything = startRequest(url, {}, 'POST');
    const events = startRequest(url, { accept: 'text/event-stream' });
    const socket = new WebSocket(url.replace('http', 'ws'));
    const upgrade = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(error.message));
      socket.once('open', () => resolve('open'));
    });

    for (const request of [page, form]) {
      const answer = await request.answer;
      expect(request.ms).toBeGreaterThanOrEqual(9_900);
      expect(answer).toMatchObject({
        status: 503,
        headers: {
          'retry-after': '5',
          'x-plane-backend-id': backend_id,
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
        },
      });
      expect(answer.text).toMatch(/It listens on port \d+, but jamdev gave it PORT=\d+\./);
      expect(answer.text).toContain('503 BackendNotReady');
      expect(answer.text).not.toContain(token);
    }
    // The browser may repeat only requests that are safe to repeat.
    expect((await page.answer).text).toContain('http-equiv="refresh"');
    expect((await form.answer).text).not.toContain('http-equiv="refresh"');

    await waitFor(() => notices.some((text) => text.includes('has been waiting')), 'the log');
    const reason = /It listens on port \d+, but jamdev gave it PORT=\d+\./;
    expect(notices.filter((text) => text.includes('has been waiting'))).toHaveLength(1);
    expect(notices.find((text) => text.includes('has been waiting'))).toMatch(
      /^(A request|An upgrade) \(.*\) has been/,
    );
    expect(notices.every((text) => reason.test(text))).toBe(true);
    expect([json, anything, events].map(({ isAnswered }) => isAnswered)).toEqual([false, false, false]);
    // It was not given up.
    expect(backend.state.status).toBe('waiting');

    writeFileSync(join(folder, 'go'), '');
    for (const { answer } of [json, anything, events])
      expect(await answer).toMatchObject({ status: 200, text: 'here' });
    expect(await upgrade).toContain('426');
    expect(backend.silence).toBeUndefined();
    expect(await send(url, { headers: { accept: NAVIGATION } })).toMatchObject({ status: 200, text: 'here' });
    expect(backend.connections).toBe(0);
  });

  test('a page waits as long as nothing is known, and the log says for what', async () => {
    const folder = makeProject({ 'jamsocket.config.json': { command: 'node -e 0', build: 'sleep 60' } });
    const server = await startServer({ folder, command: undefined });
    const { url, backend_id } = await server.connect();
    const backend = server.parts.platform.backend(backend_id);
    const notices: string[] = [];
    backend.events.on('notice', (text) => notices.push(text));
    const page = startRequest(url, { accept: NAVIGATION });
    await waitFor(() => notices.length > 0, 'the log');
    expect(notices).toEqual(['A request (GET) has been waiting for this backend for 10 s. Its build is running.']);
    expect(page.isAnswered).toBe(false);
    backend.terminate('external', true);
    expect(await page.answer).toMatchObject({ status: 410 });
    expect(backend.events.listenerCount('silence')).toBe(0);
  });
});
