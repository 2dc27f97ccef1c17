import { afterEach, describe, expect, test } from 'vitest';
import { shareServer, startServer } from '../support/dev-server.js';
import { post, send } from '../support/http.js';
import { expectRefusal } from '../support/refusal.js';

const server = shareServer();
afterEach(() => expect(server().parts.platform.backends).toEqual([]));

const CONNECT = ['/v2/service/-/-/connect', '/v2/service/-/-/staging/connect'];
const SPAWN = ['/user/-/service/-/spawn', '/v1/user/-/service/-/spawn'];

const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

async function expectRefused(path: string, body: string, code: string, message: string): Promise<void> {
  expectRefusal(await post(`${server().apiUrl}${path}`, body), 400, code, message);
}

describe('Keys: what is no key is refused', () => {
  const many = '🔑'.repeat(129);
  const cases: [json: string, message: string][] = [
    ['""', 'The key is empty. Give 1 to 128 characters, or no key at all.'],
    ['7', 'The key must be a string, not a number. Give 1 to 128 characters.'],
    ['1e999', 'The key must be a string, not a number. Give 1 to 128 characters.'],
    ['true', 'The key must be a string, not a boolean. Give 1 to 128 characters.'],
    ['["a"]', 'The key must be a string, not a list. Give 1 to 128 characters.'],
    ['{"toString": "a"}', 'The key must be a string, not an object. Give 1 to 128 characters.'],
    [DEEP, 'The key must be a string, not a list. Give 1 to 128 characters.'],
    [`"${many}"`, 'The key has 129 characters; at most 128 are allowed. Use a shorter key.'],
    [`"${'x'.repeat(1_000_000)}"`, 'The key has 1000000 characters; at most 128 are allowed. Use a shorter key.'],
    ['"a\\u0000b"', 'The key contains a NUL or half a surrogate pair. Use valid Unicode text.'],
    ['"\\ud83d"', 'The key contains a NUL or half a surrogate pair. Use valid Unicode text.'],
    ['"\\udd11\\ud83d"', 'The key contains a NUL or half a surrogate pair. Use valid Unicode text.'],
  ];
  const places = [...CONNECT.map((path) => [path, 'key'] as const), ...SPAWN.map((path) => [path, 'lock'] as const)];

  test.each(places)('POST %s: %s', async (path, field) => {
    for (const [json, message] of cases) await expectRefused(path, `{"${field}": ${json}}`, 'InvalidKey', message);
    await expectRefused(path, `{"${field}": "good", "${field}": 7}`, 'InvalidKey', cases[1]?.[1] ?? '');
  });

  test.each(CONNECT)('POST %s: no spawn, and no key to look for', async (path) => {
    const message = '"spawn": false needs a key. Pass the key of the backend to look for.';
    for (const body of [
      '{"spawn": false}',
      '{"spawn": false, "key": null}',
      '{"__proto__": {"key": "a"}, "spawn": false}',
    ]) {
      await expectRefused(path, body, 'KeyRequired', message);
    }
  });
});

test('Keys: 128 code points pass, whatever they are', async () => {
  const own = await startServer();
  const key = '🔑'.repeat(128);
  const { url } = (await post(`${own.apiUrl}${CONNECT[0]}`, { key })).json<{ url: string }>();
  expect((await send(url)).json()).toMatchObject({ environment: { SESSION_BACKEND_KEY: key } });
});

describe('What a backend sees: variables that can not be given are refused', () => {
  const places = [
    ...CONNECT.map((path) => [path, 'spawn.executable.env', '{"spawn": {"executable": {"env": %}}}'] as const),
    ...SPAWN.map((path) => [path, 'env', '{"env": %}'] as const),
  ];

  test.each(places)('POST %s: %s', async (path, field, body) => {
    for (const name of [
      'PORT',
      'SESSION_BACKEND_ID',
      'SESSION_BACKEND_KEY',
      'SESSION_BACKEND_FENCING_TOKEN',
      'SESSION_BACKEND_STATIC_TOKEN',
      'JAMSOCKET_SERVICE',
    ]) {
      const message = `"${name}" is set by the platform and can't be given in env. Rename it.`;
      await expectRefused(path, body.replace('%', `{"A": "1", "${name}": "1"}`), 'ReservedEnv', message);
    }
    for (const name of ['', 'A=B', 'A\0']) {
      const message = `"${field}.${name}" is not a valid name of an environment variable.`;
      await expectRefused(path, body.replace('%', JSON.stringify({ [name]: '1' })), 'InvalidRequest', message);
    }
  });
});

describe('HTTP API: auth', () => {
  test.each(CONNECT)('POST %s: auth that is nested without end is refused', async (path) => {
    for (const deep of [DEEP, `${'[{"a":'.repeat(60)}1${'}]'.repeat(60)}`]) {
      const message = '"auth" is nested more than 100 levels deep.';
      await expectRefused(path, `{"auth": {"a": ${deep}}}`, 'InvalidRequest', message);
    }
  });
});

test('What a backend sees: a user and auth of any text do no harm', async () => {
  const own = await startServer();
  const body = `{"key": "k", "user": "a\\r\\nx-evil: 1\\u0000\\ud83d", "auth": {"__proto__": {"admin": true}, "b": "\\udd11\\u0000"}}`;
  const answer = await post(`${own.apiUrl}${CONNECT[0]}`, body);
  const { headers } = (await send(answer.json<{ url: string }>().url)).json<{ headers: Record<string, string> }>();
  expect(headers['x-evil']).toBeUndefined();
  expect(Buffer.from(headers['x-verified-username'] ?? '', 'latin1').toString()).toBe('ax-evil: 1\ufffd');
  expect(JSON.parse(headers['x-verified-user-data'] ?? '')).toEqual({ b: '\udd11\0' });
});
