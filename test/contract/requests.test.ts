import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { parseBody } from '../../src/contract/parse-request.js';
import {
  connectRequestSchema,
  parseConnectRequest,
  terminateRequestSchema,
  v1SpawnRequestSchema,
} from '../../src/contract/requests.js';

const NOTHING_ASKED = {
  key: undefined,
  user: undefined,
  auth: undefined,
  spawn: true,
  env: {},
  tag: undefined,
  maxIdleSeconds: undefined,
  lifetimeLimitSeconds: undefined,
  mount: undefined,
  limits: undefined,
};

describe('HTTP API', () => {
  describe('a v2 connect body', () => {
    test.each([
      ['no body', undefined],
      ['null', null],
      ['an empty object', {}],
      ['null in every field', { key: null, user: null, auth: null, spawn: null }],
      ['spawn: true', { spawn: true }],
      ['an empty spawn config', { spawn: {} }],
      [
        'null in nested fields',
        { spawn: { tag: null, max_idle_seconds: null, executable: { env: null, mount: null } } },
      ],
      ['unknown fields', { color: 'red', spawn: { later: 1 } }],
    ])('with %s requests the defaults', (_what, body) => {
      expect(parseConnectRequest(body)).toEqual(NOTHING_ASKED);
    });

    test('with every field is parsed completely', () => {
      const body = {
        key: 'doc-1',
        user: 'ann',
        auth: { role: 'editor', nested: { deep: [1, null] } },
        spawn: {
          tag: 'v2',
          cluster: 'ignored',
          lifetime_limit_seconds: 60,
          max_idle_seconds: 5,
          executable: {
            env: { A: '1' },
            mount: 'disk',
            resource_limits: { memory_limit_bytes: 1024, cpu_period: null },
          },
        },
      };
      expect(parseConnectRequest(body)).toEqual({
        key: 'doc-1',
        user: 'ann',
        auth: { role: 'editor', nested: { deep: [1, null] } },
        spawn: true,
        env: { A: '1' },
        tag: 'v2',
        maxIdleSeconds: 5,
        lifetimeLimitSeconds: 60,
        mount: 'disk',
        limits: { memory_limit_bytes: 1024, cpu_period: null },
      });
    });

    test('with spawn: false only looks for the holder of its key', () => {
      expect(parseConnectRequest({ key: 'doc-1', spawn: false })).toEqual({
        ...NOTHING_ASKED,
        key: 'doc-1',
        spawn: false,
      });
    });

    test.each([
      ['KeyRequired', { spawn: false }, '"spawn": false needs a key.'],
      ['KeyRequired', { spawn: false, key: null }, '"spawn": false needs a key.'],
      ['InvalidKey', { key: '' }, 'The key is empty.'],
      ['InvalidKey', { key: 7 }, 'The key must be a string, not a number.'],
      ['InvalidKey', { key: '🦊'.repeat(129) }, 'The key has 129 characters; at most 128 are allowed.'],
      ['InvalidRequest', [], 'The request body must be a JSON object, not a list.'],
      ['InvalidRequest', 'text', 'The request body must be a JSON object, not a string.'],
      ['InvalidRequest', 0, 'The request body must be a JSON object, not a number.'],
      ['InvalidRequest', false, 'The request body must be a JSON object, not a boolean.'],
      ['InvalidRequest', { user: 5 }, '"user" must be a string, not 5.'],
      ['InvalidRequest', { auth: 'x' }, '"auth" must be an object, not "x".'],
      ['InvalidRequest', { auth: [] }, '"auth" must be an object, not a list.'],
      ['InvalidRequest', { spawn: 'yes' }, '"spawn" must be true or false or an object, not "yes".'],
      ['InvalidRequest', { spawn: [] }, '"spawn" must be true or false or an object, not a list.'],
      ['InvalidRequest', { spawn: { tag: 1 } }, '"spawn.tag" must be a string, not 1.'],
      ['InvalidRequest', { spawn: { max_idle_seconds: 0 } }, '"spawn.max_idle_seconds" must be more than 0, not 0.'],
      ['InvalidRequest', { spawn: { max_idle_seconds: -1 } }, '"spawn.max_idle_seconds" must be more than 0, not -1.'],
      [
        'InvalidRequest',
        { spawn: { max_idle_seconds: 1.5 } },
        '"spawn.max_idle_seconds" must be a whole number, not 1.5.',
      ],
      [
        'InvalidRequest',
        { spawn: { lifetime_limit_seconds: '5m' } },
        '"spawn.lifetime_limit_seconds" must be a number, not "5m".',
      ],
      [
        'InvalidRequest',
        { spawn: { executable: { env: { A: 1 } } } },
        '"spawn.executable.env.A" must be a string, not 1.',
      ],
      [
        'InvalidRequest',
        { spawn: { executable: { mount: 1 } } },
        '"spawn.executable.mount" must be a string or true or false, not 1.',
      ],
      [
        'InvalidRequest',
        { spawn: { executable: { resource_limits: { memory_limit_bytes: 'big' } } } },
        '"spawn.executable.resource_limits.memory_limit_bytes" must be a number, not "big".',
      ],
      ['InvalidRequest', { user: ['x'.repeat(100)] }, '"user" must be a string, not a list.'],
      ['InvalidRequest', { auth: 'x'.repeat(100) }, `"auth" must be an object, not "${'x'.repeat(57)}...".`],
      [
        'ReservedEnv',
        { spawn: { executable: { env: { PORT: '1' } } } },
        '"PORT" is set by the platform and can\'t be set in "env".',
      ],
      [
        'InvalidRequest',
        { spawn: { executable: { env: { 'A=B': '1' } } } },
        '"spawn.executable.env.A=B" is not a valid name of an environment variable.',
      ],
    ])('is refused as %s: %j', (code, body, message) => {
      expect(() => parseConnectRequest(body)).toThrow(expect.objectContaining({ code, status: 400, message }));
    });

    test('with any JSON is either parsed or refused with a sentence, never with a fault', () => {
      const field = fc.constantFrom('key', 'user', 'auth', 'spawn', 'executable', 'env', 'mount', 'max_idle_seconds');
      const { value } = fc.letrec<{ value: unknown }>((tie) => ({
        value: fc.oneof(
          { maxDepth: 4 },
          fc.jsonValue({ maxDepth: 1 }),
          fc.array(tie('value'), { maxLength: 2 }),
          fc.dictionary(field, tie('value'), { maxKeys: 4 }),
        ),
      }));
      fc.assert(
        fc.property(value, (body) => {
          for (const schema of [connectRequestSchema, v1SpawnRequestSchema, terminateRequestSchema]) {
            try {
              parseBody<unknown>(schema, body);
            } catch (error) {
              expect(error).toBeInstanceOf(JamdevError);
              expect((error as JamdevError).status).toBe(400);
              expect((error as JamdevError).message).not.toMatch(/undefined|\[object/);
            }
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  describe('a v1 spawn body', () => {
    test('is optional', () => {
      expect(parseBody(v1SpawnRequestSchema, undefined)).toMatchObject({ key: undefined, spawn: true, env: {} });
    });

    test('has older names for the same fields', () => {
      const body = {
        env: { A: '1' },
        grace_period_seconds: 30,
        lock: 'room/1',
        tag: 'v1',
        service_environment: 'staging',
      };
      expect(parseBody(v1SpawnRequestSchema, body)).toEqual({
        key: 'room/1',
        spawn: true,
        env: { A: '1' },
        tag: 'v1',
        environment: 'staging',
        maxIdleSeconds: 30,
      });
    });

    test.each([
      ['InvalidKey', { lock: '' }, 'The key is empty.'],
      ['InvalidKey', { lock: {} }, 'The key must be a string, not an object.'],
      ['InvalidRequest', { grace_period_seconds: 0 }, '"grace_period_seconds" must be more than 0, not 0.'],
      ['InvalidRequest', { env: ['A=1'] }, '"env" must be an object, not a list.'],
      [
        'ReservedEnv',
        { env: { SESSION_BACKEND_ID: 'x' } },
        '"SESSION_BACKEND_ID" is set by the platform and can\'t be set in "env".',
      ],
    ])('is refused as %s: %j', (code, body, message) => {
      expect(() => parseBody(v1SpawnRequestSchema, body)).toThrow(
        expect.objectContaining({ code, status: 400, message }),
      );
    });
  });

  describe('a terminate body', () => {
    test.each([
      [undefined, false],
      [null, false],
      [{}, false],
      [{ hard: null }, false],
      [{ hard: false }, false],
      [{ hard: true }, true],
    ])('%j: hard is %s', (body, hard) => {
      expect(parseBody(terminateRequestSchema, body)).toEqual({ hard });
    });

    test('with a string for hard is refused', () => {
      expect(() => parseBody(terminateRequestSchema, { hard: 'yes' })).toThrow(
        '"hard" must be true or false, not "yes".',
      );
    });
  });
});
