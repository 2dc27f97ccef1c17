import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectParams } from '../../src/contract/requests.js';
import { MAX_SPAWN_BYTES } from '../../src/contract/spawn-size.js';
import type { ClusterSettings } from '../../src/plane/cluster-settings.js';
import { mountName } from '../../src/plane/mount-name.js';
import { planeKey, toSpawnConfig } from '../../src/plane/spawn-config.js';

const OWNER = { id: 'abcdefghijklmn', account: 'acme', service: 'docs', key: 'k' };
const IMAGE = {
  image: 'registry.example.com/docs@sha256:00',
  pullPolicy: 'IfNotPresent' as const,
  sessions: { useStaticToken: false, maxIdleSeconds: undefined, lifetimeLimitSeconds: undefined },
};
const SETTINGS: ClusterSettings = {
  cluster: 'example.com',
  pool: '',
  subdomains: true,
  services: new Map(),
  defaultService: 'docs',
  defaultLimits: {},
  maxBackends: undefined,
};

function params(more: Partial<ConnectParams> = {}): ConnectParams {
  return { spawn: true, env: {}, ...more };
}

describe('the mount of a backend', () => {
  test.each<[string | boolean]>([['/etc'], ['../x'], ['a:b'], ['..'], ['/'], [''], [`a${'\0'}b`]])(
    'with the path %j is a hash below account and service',
    (mount) => {
      const hash = createHash('sha256').update(String(mount)).digest('hex');
      expect(mountName(OWNER, mount)).toBe(`acme/docs/${hash}`);
    },
  );

  test('with any key or path is a separate folder, three levels below the base', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, byKey) => {
        const name = byKey ? mountName({ ...OWNER, key: text }, true) : mountName(OWNER, text);
        expect(name).toMatch(/^acme\/docs\/[0-9a-f]{64}$/);
      }),
    );
  });

  test('with the same key differs between accounts and between services', () => {
    const names = [
      mountName(OWNER, true),
      mountName({ ...OWNER, account: 'other' }, true),
      mountName({ ...OWNER, service: 'other' }, true),
    ];
    expect(new Set(names).size).toBe(3);
  });

  test('is that of the key for true, and exists only on request', () => {
    expect(mountName(OWNER, true)).toBe(mountName({ ...OWNER, key: 'another' }, 'k'));
    expect(mountName(OWNER, false)).toBeUndefined();
    expect(mountName(OWNER, undefined)).toBeUndefined();
  });
});

describe('a spawn request for Plane', () => {
  test('names the backend, which has its own origin', () => {
    expect(toSpawnConfig(OWNER, params({ env: { A: 'b' } }), IMAGE, SETTINGS)).toEqual({
      id: OWNER.id,
      cluster: 'example.com',
      pool: '',
      subdomain: OWNER.id,
      lifetime_limit_seconds: undefined,
      max_idle_seconds: 300,
      use_static_token: false,
      executable: {
        image: IMAGE.image,
        pull_policy: 'IfNotPresent',
        env: { A: 'b', JAMSOCKET_SERVICE: 'docs' },
        resource_limits: {},
        mount: undefined,
      },
    });
    expect(toSpawnConfig(OWNER, params(), IMAGE, { ...SETTINGS, subdomains: false }).subdomain).toBeUndefined();
  });

  test('prefers the request’s limits over the config’s, as whole numbers', () => {
    const settings = { ...SETTINGS, defaultLimits: { memory_limit_bytes: 1_000_000, cpu_period_percent: 50 } };
    const limits = { memory_limit_bytes: 2_000_000.5, cpu_period_percent: null };
    expect(toSpawnConfig(OWNER, params({ limits }), IMAGE, settings).executable.resource_limits).toEqual({
      memory_limit_bytes: 2_000_001,
      cpu_period_percent: 50,
    });
  });

  test('prefers the request’s times over the config’s', () => {
    const image = { ...IMAGE, sessions: { useStaticToken: true, maxIdleSeconds: 10, lifetimeLimitSeconds: 20 } };
    expect(toSpawnConfig(OWNER, params(), image, SETTINGS)).toMatchObject({
      max_idle_seconds: 10,
      lifetime_limit_seconds: 20,
      use_static_token: true,
    });
    const withTimes = params({ maxIdleSeconds: 1, lifetimeLimitSeconds: 2 });
    expect(toSpawnConfig(OWNER, withTimes, image, SETTINGS)).toMatchObject({
      max_idle_seconds: 1,
      lifetime_limit_seconds: 2,
    });
  });

  test('includes and counts a pull credential', () => {
    const credentials = { username: '_pull', password: 'x'.repeat(MAX_SPAWN_BYTES - 200) };
    const image = { ...IMAGE, credentials };
    expect(toSpawnConfig(OWNER, params(), image, SETTINGS).executable.credentials).toEqual(credentials);
    const env = { A: 'x'.repeat(200) };
    expect(() => toSpawnConfig(OWNER, params({ env }), image, SETTINGS)).toThrow(`at most ${MAX_SPAWN_BYTES} bytes`);
    expect(() => toSpawnConfig(OWNER, params({ env }), IMAGE, SETTINGS)).not.toThrow();
  });

  test('is refused if env, image and key together are too large, whatever their characters', () => {
    const used = Buffer.byteLength(
      JSON.stringify({ key: OWNER.key, image: IMAGE.image, env: { JAMSOCKET_SERVICE: 'docs', A: '' } }),
    );
    fc.assert(
      fc.property(fc.constantFrom('x', 'é', '"', '\n', '😀'), fc.integer({ min: -3, max: 3 }), (character, beyond) => {
        const bytes = Buffer.byteLength(JSON.stringify(character)) - 2;
        const count = Math.floor((MAX_SPAWN_BYTES - used) / bytes) + beyond;
        const spawn = () => toSpawnConfig(OWNER, params({ env: { A: character.repeat(count) } }), IMAGE, SETTINGS);
        if (beyond <= 0) expect(spawn).not.toThrow();
        else expect(spawn).toThrow(`at most ${MAX_SPAWN_BYTES} bytes`);
      }),
    );
  });

  test('scopes a key to the service of the account', () => {
    expect(planeKey(OWNER)).toEqual({ namespace: 'acme/docs', name: 'k', tag: '' });
  });
});
