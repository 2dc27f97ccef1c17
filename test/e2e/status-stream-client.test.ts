import { describe, expect, onTestFinished, test } from 'vitest';
import { type DevRun, startDev } from '../support/cli.js';
import { openSocket, post, send } from '../support/http.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

// Server-sent events as the official browser libraries read a status stream, from a page on another origin. They take
// each chunk as it arrives, split it at newlines, and expect every line to begin with `data:`.

const ORIGIN = 'https://app.example';
const ECHO = `node ${fixture('echo-server.mjs')}`;
const WHOLE_LIFE = ['scheduled', 'loading', 'starting', 'waiting', 'ready', 'terminating', 'terminated'];

interface Connected {
  backend_id: string;
  url: string;
}

async function startBackend(args: string[] = ['--command', ECHO]): Promise<{ dev: DevRun; backend: Connected }> {
  const dev = await startDev(makeTempFolder(), args);
  const backend = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc-1' })).json<Connected>();
  return { dev, backend };
}

const terminate = (dev: DevRun, id: string) => post(`${dev.apiUrl}/v2/backend/${id}/terminate`, {});

/** A page that follows a status stream. */
class Page {
  readonly statuses: string[] = [];
  readonly #controller = new AbortController();
  #headers: Headers | undefined;

  constructor() {
    onTestFinished(() => this.leave());
  }

  get headers(): Headers {
    return this.#headers ?? new Headers();
  }

  /** Reads to the end of the stream. */
  async follow(url: string): Promise<void> {
    const response = await fetch(`${url}?_=${Math.random()}`, {
      headers: { origin: ORIGIN, accept: 'text/event-stream' },
      signal: this.#controller.signal,
    });
    this.#headers = response.headers;
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const line of new TextDecoder('utf-8', { fatal: true }).decode(value).split('\n')) {
        if (line === '') continue;
        if (!line.startsWith('data:')) throw new Error(`a line that is no data: ${JSON.stringify(line)}`);
        const { status, state } = JSON.parse(line.slice('data:'.length)) as { status?: string; state?: string };
        this.statuses.push(status ?? state ?? '');
      }
    }
  }

  leave(): void {
    this.#controller.abort();
  }
}

describe('Official clients: the status stream in a browser', () => {
  describe('a page on another origin', () => {
    test('follows a backend from spawn to termination', async () => {
      const { dev, backend } = await startBackend();
      const page = new Page();
      const followed = page.follow(`${dev.apiUrl}/v2/backend/${backend.backend_id}/status/stream`);
      await waitFor(() => page.statuses.includes('ready'), 'it to be ready');
      expect(page.statuses).toEqual(WHOLE_LIFE.slice(0, 5));
      await terminate(dev, backend.backend_id);
      await followed;
      expect(page.statuses).toEqual(WHOLE_LIFE);
      const late = new Page();
      await late.follow(`${dev.apiUrl}/v2/backend/${backend.backend_id}/status/stream`);
      expect(late.statuses).toEqual(WHOLE_LIFE);
    });

    test('follows one with version 1 of the API too', async () => {
      const { dev, backend } = await startBackend();
      const page = new Page();
      const followed = page.follow(`${dev.apiUrl}/backend/${backend.backend_id}/status/stream`);
      await waitFor(() => page.statuses.includes('Ready'), 'it to be ready');
      await terminate(dev, backend.backend_id);
      await followed;
      expect(page.statuses).toEqual(['Loading', 'Starting', 'Ready', 'Terminated']);
    });

    test('sees the same as a hundred others, some of which leave or stop reading', async () => {
      const { dev, backend } = await startBackend();
      const url = `${dev.apiUrl}/v2/backend/${backend.backend_id}/status/stream`;
      const early = Array.from({ length: 50 }, () => new Page());
      const leaving = Array.from({ length: 20 }, () => new Page());
      const left = leaving.map((page) => page.follow(url).catch(() => 'left'));
      const followed = early.map((page) => page.follow(url));
      const deaf = await openSocket(dev.apiUrl);
      deaf.socket.pause();
      deaf.socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      await waitFor(
        () => [...early, ...leaving].every((page) => page.statuses.includes('ready')),
        'all to see it ready',
      );
      for (const page of leaving) page.leave();
      expect(await Promise.all(left)).toEqual(leaving.map(() => 'left'));
      const late = Array.from({ length: 50 }, () => new Page());
      followed.push(...late.map((page) => page.follow(url)));
      await waitFor(() => late.every((page) => page.statuses.length > 0), 'the late ones to be there');
      await terminate(dev, backend.backend_id);
      await Promise.all(followed);
      for (const page of [...early, ...late]) expect(page.statuses).toEqual(WHOLE_LIFE);
      for (const page of leaving) expect(page.statuses).toEqual(WHOLE_LIFE.slice(0, 5));
      expect((await send(`${dev.apiUrl}/auth`)).status).toBe(200);
    });

    test('may read statuses and preflight them, and can read the answer for an unknown backend', async () => {
      const { dev, backend } = await startBackend();
      for (const [version, id] of [
        ['', backend.backend_id],
        ['/v2', backend.backend_id],
        ['/v2', 'nosuchbackend1'],
      ]) {
        for (const path of ['status', 'status/stream']) {
          const url = `${dev.apiUrl}${version}/backend/${id}/${path}?_=0.1234`;
          const controller = new AbortController();
          const { status, headers } = await fetch(url, { headers: { origin: ORIGIN }, signal: controller.signal });
          controller.abort();
          expect(status).toBe(id === backend.backend_id ? 200 : 404);
          expect(headers.get('access-control-allow-origin')).toBe('*');
          const preflightAnswer = await send(url, { method: 'OPTIONS', headers: preflight('GET') });
          expect(preflightAnswer.status).toBe(204);
          expect(preflightAnswer.headers).toMatchObject({
            'access-control-allow-origin': '*',
            'access-control-allow-methods': 'GET, HEAD',
          });
        }
      }
    });

    test('gets streams with headers that forbid buffering on the way', async () => {
      const { dev, backend } = await startBackend();
      const page = new Page();
      void page.follow(`${dev.apiUrl}/v2/backend/${backend.backend_id}/status/stream`).catch(() => undefined);
      await waitFor(() => page.statuses.length > 0, 'the stream');
      expect(Object.fromEntries(page.headers)).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'access-control-allow-origin': '*',
      });
    });

    test.each(['https://app.example', 'http://localhost.app.example', 'null', 'https://127.0.0.1.app.example'])(
      'from %s may do nothing else, with or without a preflight',
      async (origin) => {
        const { dev, backend } = await startBackend();
        const id = backend.backend_id;
        await send(backend.url);
        const refused: [method: string, path: string, body?: object][] = [
          ['POST', '/v2/service/-/-/connect', { key: 'other' }],
          ['POST', '/v2/service/-/-/staging/connect', {}],
          ['POST', '/user/-/service/-/spawn', {}],
          ['POST', '/v1/user/-/service/-/spawn', {}],
          ['POST', `/v2/backend/${id}/terminate`, { hard: true }],
          ['POST', `/backend/${id}/terminate`],
          ['GET', `/v2/backend/${id}`],
          ['GET', `/v2/backend/${id}/logs/stream`],
          ['GET', '/v2/account/-/backends'],
          ['GET', '/v2/account/-/services'],
          ['POST', '/v2/account/-/service', { name: 'other' }],
          ['GET', '/v2/service/-/-'],
          ['GET', '/v2/service/-/-/images'],
          ['POST', '/v2/service/-/-/update', { image_tag: 'latest' }],
          ['POST', '/v2/service/-/-/delete'],
          ['GET', '/auth'],
          ['GET', '/_jamdev/info'],
          ['GET', '/_jamdev/backends'],
          ['GET', '/_jamdev/logs?follow=false'],
          ['POST', '/_jamdev/build'],
          ['GET', '/no/such/path'],
          // Almost a path of statuses.
          ['GET', `/v2/backend/${id}/status/../logs/stream`],
          ['GET', `/v2/backend/${id}%2Fstatus`],
        ];
        for (const [method, path, body] of refused) {
          // A form would send this content type, for which browsers make no preflight.
          const headers = { origin, 'content-type': 'text/plain' };
          const sent = body === undefined ? {} : { body: JSON.stringify(body) };
          const answer = await send(dev.apiUrl, { method, path, headers, ...sent });
          expect([path, answer.status, answer.json()]).toEqual([
            path,
            403,
            { error: expect.objectContaining({ code: 'OriginNotAllowed' }) },
          ]);
          expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
          const preflightAnswer = await send(dev.apiUrl, {
            method: 'OPTIONS',
            path,
            headers: { ...preflight(method), origin },
          });
          expect([path, preflightAnswer.status]).toEqual([path, 403]);
          expect(preflightAnswer.headers).not.toHaveProperty('access-control-allow-origin');
        }
        const { backends } = (await send(`${dev.apiUrl}/_jamdev/backends`)).json<{
          backends: { id: string; status: object }[];
        }>();
        expect(backends).toMatchObject([{ id, status: { status: 'ready' } }]);
      },
    );
  });

  function preflight(method: string) {
    return {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type',
    };
  }
});
