import { afterEach, describe, expect, test } from 'vitest';
import type { ConnectResponse } from '../../../src/contract/responses.js';
import { type ApiSuite, control, headersSeen } from '../../support/api/test-api.js';
import { expectRefusal } from '../../support/refusal.js';

const CONNECT = ['/v2/service/-/-/connect', '/v2/service/-/-/staging/connect'];
const SPAWN = ['/user/-/service/-/spawn', '/v1/user/-/service/-/spawn'];

const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

/** Keys, variables and identities that no backend can have. */
export const badKeysAndVariables: ApiSuite = (target) => {
  const api = target.share();
  afterEach(async () => expect(await api().place.spawned()).toEqual([]));

  async function expectRefused(path: string, body: string, code: string, message: string): Promise<void> {
    expectRefusal(await api().post(path, body), 400, code, message);
  }

  describe('Keys: invalid keys are refused', () => {
    const many = '🔑'.repeat(129);
    const cases: [json: string, message: string][] = [
      ['""', 'The key is empty. Use 1 to 128 characters, or leave out the key.'],
      ['7', 'The key must be a string, not a number. Use 1 to 128 characters.'],
      ['1e999', 'The key must be a string, not a number. Use 1 to 128 characters.'],
      ['true', 'The key must be a string, not a boolean. Use 1 to 128 characters.'],
      ['["a"]', 'The key must be a string, not a list. Use 1 to 128 characters.'],
      ['{"toString": "a"}', 'The key must be a string, not an object. Use 1 to 128 characters.'],
      [DEEP, 'The key must be a string, not a list. Use 1 to 128 characters.'],
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

    test.each(CONNECT)('POST %s: spawn: false without a key to look for', async (path) => {
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

  test('Keys: any 128 code points are accepted', async () => {
    const own = await target.open();
    const key = '🔑'.repeat(128);
    const { url } = await own.connect({ key });
    expect(await control(url, 'env')).toMatchObject({ SESSION_BACKEND_KEY: key });
  });

  describe('What a backend sees: invalid variables are refused', () => {
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
        const message = `"${name}" is set by the platform and can't be set in "env". Rename it.`;
        await expectRefused(path, body.replace('%', `{"A": "1", "${name}": "1"}`), 'ReservedEnv', message);
      }
      for (const name of ['', 'A=B', 'A\0']) {
        const message = `"${field}.${name}" is not a valid name of an environment variable.`;
        await expectRefused(path, body.replace('%', JSON.stringify({ [name]: '1' })), 'InvalidRequest', message);
      }
    });
  });

  describe('HTTP API: auth', () => {
    test.each(CONNECT)('POST %s: endlessly nested auth is refused', async (path) => {
      for (const deep of [DEEP, `${'[{"a":'.repeat(60)}1${'}]'.repeat(60)}`]) {
        const message = '"auth" is nested more than 100 levels deep.';
        await expectRefused(path, `{"auth": {"a": ${deep}}}`, 'InvalidRequest', message);
      }
    });
  });

  test('What a backend sees: a user and auth of any text do no harm', async () => {
    const own = await target.open();
    const strange = `{"user": "a\\u0000\\ud83d", "auth": {"__proto__": {"admin": true}, "b": "\\udd11"}}`;
    const answer = await own.post(CONNECT[0] ?? '', strange);
    own.check('identity.status', answer.status, 200);
    if (answer.status === 200) {
      const headers = await headersSeen(answer.json<ConnectResponse>());
      expect(headers['x-verified-username']).toBe('a\ufffd');
      expect(JSON.parse(headers['x-verified-user-data'] ?? '')).toEqual({ b: '\udd11' });
    }
    const allowed = await own.post(CONNECT[0] ?? '', { user: 'a\r\nx-evil: 1ä', auth: { b: '€\u0085' } });
    expect(allowed.status, allowed.text).toBe(200);
    const headers = await headersSeen(allowed.json<ConnectResponse>());
    expect(headers['x-evil']).toBeUndefined();
    expect(headers['x-verified-username']).toBe('ax-evil: 1ä');
    expect(JSON.parse(headers['x-verified-user-data'] ?? '')).toEqual({ b: '€\u0085' });
  });

  test('What a backend sees: variables of any text do no harm', async () => {
    const own = await target.open();
    const { url } = await own.connect({ spawn: { executable: { env: { TEST_A: 'ä🦊\n=', TEST_B: '' } } } });
    expect(await control(url, 'env')).toMatchObject({ TEST_A: 'ä🦊\n=', TEST_B: '' });
    const half = { spawn: { executable: { env: { TEST_A: '\ud83d' } } } };
    own.check('variables.status', (await own.post(CONNECT[0] ?? '', half)).status, 200);
  });

  test('the largest numbers are accepted', async () => {
    const own = await target.open();
    const most = Number.MAX_SAFE_INTEGER;
    const { url } = await own.connect({
      spawn: {
        ...{ lifetime_limit_seconds: most, max_idle_seconds: most },
        executable: { resource_limits: { memory_limit_bytes: 1e12, cpu_period: 1e6, cpu_period_percent: 100 } },
      },
    });
    expect((await own.send(url)).status).toBe(200);
  });
};
