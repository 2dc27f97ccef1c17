import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveServeConfig } from '../../src/config/serve-config.js';
import { keepFolder, makeTempFolder } from '../support/project.js';

const NEEDED = { controller: 'http://127.0.0.1:8080', cluster: 'example.com', database: 'postgres://a/b' };
const IMAGE = `registry.example.com/app@sha256:${'0'.repeat(64)}`;

describe('the config of jamdev serve', () => {
  const before = process.cwd();
  let folder: ReturnType<typeof keepFolder>;
  beforeEach(() => {
    folder = keepFolder();
    process.chdir(folder.path);
  });
  afterEach(() => {
    process.chdir(before);
    folder.remove();
  });
  const write = (config: unknown) => writeFileSync(join(folder.path, 'jamsocket.config.json'), JSON.stringify(config));

  test('flags take precedence over the environment, which takes precedence over the file', async () => {
    write({ serve: { ...NEEDED, pool: 'file', port: 1, publicUrl: 'https://file.example.com/' } });
    expect(await resolveServeConfig({}, {})).toMatchObject({
      ...NEEDED,
      port: 1,
      publicUrl: 'https://file.example.com',
    });
    const env = {
      JAMDEV_SERVE_POOL: 'env',
      JAMDEV_SERVE_PORT: '2',
      JAMDEV_SERVE_PUBLIC_URL: 'https://env.example.com',
    };
    expect(await resolveServeConfig({}, env)).toMatchObject({
      pool: 'env',
      port: 2,
      publicUrl: 'https://env.example.com',
    });
    expect(await resolveServeConfig({ port: 3 }, env)).toMatchObject({ pool: 'env', port: 3 });
  });

  test.each(['example.com', 'mysql://u:SECRET@h/d', 'postgres://u:SECRET@h:port/d', ' postgres://u:SECRET@h/d'])(
    'the invalid database URL %j is not shown, but its source is',
    async (database) => {
      write({ serve: { ...NEEDED, database } });
      const sources: [string, () => Promise<unknown>][] = [
        ['"serve.database"', () => resolveServeConfig({}, {})],
        ['JAMDEV_SERVE_DATABASE', () => resolveServeConfig({}, { JAMDEV_SERVE_DATABASE: database })],
        ['--database', () => resolveServeConfig({ database }, {})],
      ];
      for (const [where, resolve] of sources) {
        const error = await resolve().catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'ConfigInvalid', message: expect.stringContaining(where) });
        expect(String(error)).not.toContain('SECRET');
      }
    },
  );

  test('every key can be set by the environment alone', async () => {
    expect(
      await resolveServeConfig(
        {},
        {
          JAMDEV_SERVE_CONTROLLER: 'http://10.0.0.1:8080/',
          JAMDEV_SERVE_CLUSTER: 'localhost:9090',
          JAMDEV_SERVE_POOL: 'gpu',
          JAMDEV_SERVE_DATABASE: 'postgres://a/b',
          JAMDEV_SERVE_PUBLIC_URL: 'https://api.example.com',
          JAMDEV_SERVE_PORT: '0',
          JAMDEV_SERVE_HOST: '0.0.0.0',
          JAMDEV_SERVE_TLS: '{"cert":"/c.pem","key":"/k.pem"}',
          JAMDEV_SERVE_SUBDOMAINS: 'true',
          JAMDEV_SERVE_DRONES: '{"dr-1":"unix:///run/docker.sock"}',
          JAMDEV_SERVE_ON_LOST_DRONE: 'wait',
          JAMDEV_SERVE_LOG_RETENTION_DAYS: '30',
          JAMDEV_SERVE_LIMITS: '{"maxBackends":5}',
          JAMDEV_SERVE_OPERATORS: '["ops"]',
        },
      ),
    ).toEqual({
      controller: 'http://10.0.0.1:8080',
      cluster: 'localhost:9090',
      pool: 'gpu',
      database: 'postgres://a/b',
      publicUrl: 'https://api.example.com',
      port: 0,
      host: '0.0.0.0',
      tls: { cert: '/c.pem', key: '/k.pem' },
      subdomains: true,
      drones: { 'dr-1': 'unix:///run/docker.sock' },
      onLostDrone: 'wait',
      lostAfterSeconds: 120,
      retention: { logDays: 30, backendDays: 30, auditDays: 365 },
      limits: { maxBackends: 5 },
      operators: ['ops'],
      services: [expect.objectContaining({ name: 'default', image: undefined, pullPolicy: 'IfNotPresent' })],
    });
  });

  test('engines of drones are named by a URL, or by one with TLS files; anything else is refused with its name', async () => {
    const tls = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };
    const drones = {
      'dr-1': 'unix:///run/docker.sock',
      'dr-2': 'ssh://root@10.0.0.2:22/run/docker.sock',
      'dr-3': { url: 'tcp://10.0.0.3:2376', tls },
      'dr-4': { url: 'tcp://[fd00::1]', tls: false },
    };
    write({ serve: { ...NEEDED, drones } });
    expect(await resolveServeConfig({}, {})).toMatchObject({ drones });
    const refused: [drone: unknown, problem: string][] = [
      [
        'tcp://10.0.0.3:2376',
        'dr-1 must be unix:///PATH, ssh://USER@HOST or {"url": "tcp://HOST:PORT", "tls": {...}}, not',
      ],
      ['unix://relative', 'dr-1 must be unix:///PATH'],
      ['ssh:///path', 'dr-1 must be unix:///PATH'],
      [{ url: 'tcp://10.0.0.3:2376' }, 'dr-1.tls must be'],
      [{ url: 'tcp://10.0.0.3:2376', tls: true }, 'dr-1.tls must be false or an object'],
      [{ url: 'tcp://10.0.0.3:2376', tls: { ca: 'ca.pem' } }, 'dr-1.tls.cert must be a string'],
      [{ url: 'http://10.0.0.3:2376', tls }, 'dr-1.url must be tcp://HOST:PORT'],
      [7, 'dr-1 must be'],
    ];
    for (const [drone, problem] of refused) {
      const env = { JAMDEV_SERVE_DRONES: JSON.stringify({ 'dr-1': drone }) };
      const error: Error = await resolveServeConfig({}, env).then(
        () => expect.unreachable(),
        (reason) => reason,
      );
      expect(error.message.replace('" (JAMDEV_SERVE_DRONES)', '')).toContain(`"serve.drones.${problem}`);
    }
  });

  test('a secret can be in a file', async () => {
    const secret = join(makeTempFolder(), 'database');
    writeFileSync(secret, 'postgres://from/file\n');
    write({ serve: { ...NEEDED, database: undefined } });
    const env = { JAMDEV_SERVE_DATABASE_FILE: secret };
    expect(await resolveServeConfig({}, env)).toMatchObject({ database: 'postgres://from/file' });
    await expect(resolveServeConfig({}, { JAMDEV_SERVE_DATABASE_FILE: `${secret}x` })).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: expect.stringContaining('JAMDEV_SERVE_DATABASE_FILE'),
    });
  });

  test('backends have their own origins, except on localhost', async () => {
    write({ serve: NEEDED });
    expect(await resolveServeConfig({}, {})).toMatchObject({ subdomains: true });
    expect(await resolveServeConfig({ cluster: 'localhost:9090' }, {})).toMatchObject({ subdomains: false });
    expect(await resolveServeConfig({}, { JAMDEV_SERVE_SUBDOMAINS: 'false' })).toMatchObject({ subdomains: false });
  });

  test('services have one image each, and share the settings next to them', async () => {
    write({
      maxIdleSeconds: 60,
      services: { docs: { image: IMAGE }, chat: { image: 'chat:1', pullPolicy: 'Never', maxIdleSeconds: 5 } },
      serve: NEEDED,
    });
    expect((await resolveServeConfig({}, {})).services).toMatchObject([
      { name: 'docs', image: IMAGE, pullPolicy: 'IfNotPresent', maxIdleSeconds: 60 },
      { name: 'chat', image: 'chat:1', pullPolicy: 'Never', maxIdleSeconds: 5 },
    ]);
  });

  test.each<[what: string, serve: Record<string, unknown>, env: NodeJS.ProcessEnv, message: RegExp]>([
    ['no controller', { controller: undefined }, {}, /"serve\.controller"/],
    ['no cluster', { cluster: undefined }, {}, /"serve\.cluster"/],
    ['no database', { database: undefined }, {}, /database/],
    ['an invalid controller URL', { controller: 'ftp://x' }, {}, /"?serve\.controller"? .*http/],
    ['a controller with a path', { controller: 'http://x/ctrl' }, {}, /without a path/],
    ['a cluster with a scheme', {}, { JAMDEV_SERVE_CLUSTER: 'https://example.com' }, /JAMDEV_SERVE_CLUSTER/],
    ['a variable that is not JSON', {}, { JAMDEV_SERVE_LIMITS: '{' }, /JAMDEV_SERVE_LIMITS is not valid JSON/],
    ['a limit of zero', { limits: { maxBackends: 0 } }, {}, /limits\.maxBackends/],
    ['an unknown key', { controler: 'http://x' }, {}, /"serve\.controler"/],
    ['a drone that is not a socket', { drones: { 'dr-1': '/run/docker.sock' } }, {}, /drones/],
  ])('%s is an error', async (_what, serve, env, message) => {
    write({ serve: { ...NEEDED, ...serve } });
    await expect(resolveServeConfig({}, env)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringMatching(message),
    });
  });
});
