import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { operationsOf } from '../../support/api/operations.js';
import type { ApiSuite } from '../../support/api/test-api.js';
import { openSocket } from '../../support/http.js';
import { expectRefusal } from '../../support/refusal.js';
import { waitFor } from '../../support/wait.js';

/** Every endpoint of the platform that reads a body, with names that do not exist. */
const PATHS = [
  '/v2/service/-/-/connect',
  '/v2/service/-/-/staging/connect',
  '/user/-/service/-/spawn',
  '/v1/user/-/service/-/spawn',
  '/v2/backend/nosuchbackend1/terminate',
  '/service/-/-/terminate-backends',
  '/v2/account/-/service',
  '/v2/service/-/-/update',
  '/v2/service/-/-/staging/update',
];

const LIMIT = 1024 * 1024;
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const NOT_JSON = /^The request body is not valid JSON: .+\. Send a JSON object, or no body\.$/s;

const notAn = (what: string) => `The request body must be a JSON object, not ${what}. Send {} or no body.`;
const unreadable = (why: string) => `The request body could not be read: ${why}. Send plain JSON in UTF-8.`;
const TOO_LARGE = 'The request body is larger than 1048576 bytes. Send less.';

type Body = [
  what: string,
  body: string | Buffer,
  code: string,
  message: string | RegExp,
  headers?: Record<string, string>,
];

const BODIES: Body[] = [
  ['truncated', '{"key": "a"', 'InvalidJson', NOT_JSON],
  ['a form', 'key=a&hard=1', 'InvalidJson', NOT_JSON, { 'content-type': 'application/x-www-form-urlencoded' }],
  ['in single quotes', "{'hard': true}", 'InvalidJson', NOT_JSON],
  ['with an extra comma', '{"hard": true,}', 'InvalidJson', NOT_JSON],
  ['with a comment', '{/* none */}', 'InvalidJson', NOT_JSON],
  ['two values', '{} {}', 'InvalidJson', NOT_JSON],
  ['NaN', '{"hard": NaN}', 'InvalidJson', NOT_JSON],
  ['blank', '  \n', 'InvalidJson', NOT_JSON],
  ['with a bare NUL', '{"hard\0": true}', 'InvalidJson', NOT_JSON],
  ['nested and truncated', '['.repeat(500_000), 'InvalidJson', NOT_JSON],
  ['in undeclared UTF-16', Buffer.from('{}', 'utf16le'), 'InvalidJson', NOT_JSON],
  ['a list', '[{}]', 'InvalidRequest', notAn('a list')],
  ['a string', '"{}"', 'InvalidRequest', notAn('a string')],
  ['a number', '1e999', 'InvalidRequest', notAn('a number')],
  ['true', 'true', 'InvalidRequest', notAn('a boolean')],
  ['endlessly nested', DEEP, 'InvalidRequest', notAn('a list')],
  ['of the maximum size', `"${'x'.repeat(LIMIT - 2)}"`, 'InvalidRequest', notAn('a string')],
  ['one byte too large', `"${'x'.repeat(LIMIT - 1)}"`, 'BodyTooLarge', TOO_LARGE],
  [
    'one byte too large, in chunks',
    ' '.repeat(LIMIT + 1),
    'BodyTooLarge',
    TOO_LARGE,
    { 'transfer-encoding': 'chunked' },
  ],
  [
    'small, but too large once decompressed',
    gzipSync(Buffer.alloc(20 * LIMIT, ' ')),
    'BodyTooLarge',
    TOO_LARGE,
    { 'content-encoding': 'gzip' },
  ],
  ['not UTF-8', Buffer.from('{"user": "\xe4"}', 'latin1'), 'InvalidRequest', unreadable('it is not UTF-8')],
  [
    'UTF-8 of a lone surrogate',
    Buffer.from('7b22eda0bd223a317d', 'hex'),
    'InvalidRequest',
    unreadable('it is not UTF-8'),
  ],
  ['overlong UTF-8', Buffer.from('7b22c0af223a317d', 'hex'), 'InvalidRequest', unreadable('it is not UTF-8')],
  [
    'declared as Latin-1',
    '{}',
    'InvalidRequest',
    unreadable('unsupported charset "ISO-8859-1"'),
    { 'content-type': 'application/json; charset=iso-8859-1' },
  ],
  [
    'in an unknown encoding',
    '{}',
    'InvalidRequest',
    unreadable('unsupported content encoding "nonsense"'),
    { 'content-encoding': 'nonsense' },
  ],
  [
    'declared as compressed but not compressed',
    '{}',
    'InvalidRequest',
    unreadable('incorrect header check'),
    { 'content-encoding': 'gzip' },
  ],
  [
    'compressed and truncated',
    gzipSync('{"key": "a"}').subarray(0, 15),
    'InvalidRequest',
    unreadable('unexpected end of file'),
    { 'content-encoding': 'gzip' },
  ],
  [
    'compressed in another way than declared',
    gzipSync('{}'),
    'InvalidRequest',
    unreadable('Decompression failed'),
    { 'content-encoding': 'br' },
  ],
];

/** Bodies that no endpoint accepts. */
export const badBodies: ApiSuite = (target) => {
  const api = target.share();
  afterEach(async () => expect(await api().place.spawned()).toEqual([]));
  const paths = [...PATHS, ...target.ownBodies];

  describe.each(paths)('HTTP API: POST %s', (path) => {
    test.each(BODIES)('a body that is %s is refused', async (_what, body, code, message, headers = {}) => {
      const answer = await api().send(path, { method: 'POST', body, headers });
      expectRefusal(answer, code === 'BodyTooLarge' ? 413 : 400, code, message);
    });

    test('a client that stops in the middle of its body gets no answer and leaves nothing behind', async () => {
      const faultsBefore = api().place.faults().length;
      for (const part of ['', '{', '{"key": "a"}']) {
        const { socket, received } = await openSocket(api().url);
        socket.end(
          `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${api().place.token}\r\ncontent-length: 100\r\n\r\n${part}`,
        );
        await waitFor(() => socket.closed, 'the connection to be closed');
        expect(received()).not.toMatch(/^HTTP\/1.1 [25]/);
      }
      expect((await api().send('/auth')).status).toBe(200);
      expect(api().place.faults().slice(faultsBefore)).toEqual([]);
    });
  });

  test('HTTP API: a client that closes its side after a request gets the answer to it or nothing', async () => {
    const { socket, received } = await openSocket(api().url);
    const body = '{"key": "nobody", "spawn": false}';
    const head = `POST /v2/service/-/-/connect HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${api().place.token}`;
    socket.end(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await waitFor(() => socket.closed, 'the connection to be closed');
    // Node.js then closes the connection, possibly before there is an answer.
    expect(received()).toMatch(/^$|KeyUnheldNoSpawnConfig/);
  });

  test('HTTP API: every endpoint that reads a body is in the table', async () => {
    const reading = (await operationsOf(api())).filter(({ body }) => body !== undefined);
    expect(reading).toHaveLength(paths.length);
  });

  test('HTTP API: bodies that are compressed, declared as any type, or begin with a byte order mark are read', async () => {
    const path = '/v2/backend/nosuchbackend1/terminate';
    const wrong = '{"hard": 1}';
    for (const [body, headers] of [
      [wrong, {}],
      [wrong, { 'content-type': ';;;' }],
      [wrong, { 'content-type': 'text/plain' }],
      [wrong, { 'content-encoding': 'identity' }],
      [gzipSync(wrong), { 'content-encoding': 'gzip' }],
      [brotliCompressSync(wrong), { 'content-encoding': 'br' }],
      [`\ufeff${wrong}`, {}],
      [Buffer.from(wrong, 'utf16le'), { 'content-type': 'application/json; charset=utf-16' }],
    ] as [string | Buffer, Record<string, string>][]) {
      const answer = await api().send(path, { method: 'POST', body, headers });
      // Only an endpoint that has read the body can give this error.
      expect(answer.json()).toMatchObject({ error: { message: '"hard" must be true or false, not 1.' } });
    }
  });

  test('HTTP API: an endpoint without a body ignores one', async () => {
    for (const body of ['{"', '[]', ' '.repeat(2 * LIMIT), Buffer.from([0xff])]) {
      const headers = { 'content-length': String(Buffer.byteLength(body)) };
      const ask = (method: string, path: string) => api().send(path, { method, body, headers });
      expect((await ask('POST', '/backend/nosuchbackend1/terminate')).json()).toMatchObject({
        error: { status: 404, code: 'BackendNotFound' },
      });
      expect((await ask('GET', '/auth')).json()).toMatchObject({ status: 'ok' });
    }
  });
};
