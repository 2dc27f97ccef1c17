import { describe, expect, test } from 'vitest';
import { containerConfig } from '../../../src/runtime/docker/container-config.js';
import { hasOwnInit, wantsToBeFirst } from '../../../src/runtime/docker/own-init.js';

const build = {
  kind: 'container',
  number: 1,
  image: 'image:1',
  digest: 'sha256:1',
  env: { A: 'service', B: 'service', PORT: '1' },
  network: undefined,
  init: undefined,
  platform: undefined,
} as const;
const spec = {
  labels: { run: 'r' },
  build,
  env: { A: 'request' },
  hostPort: undefined,
  hostAddress: 'host-gateway',
  limits: [],
  mount: undefined,
  publishAt: '127.0.0.1',
  init: true,
};

describe('the container config', () => {
  test("has the request's variables over the service's, and PORT over both, and leaves the host's port to the engine", () => {
    expect(containerConfig(spec)).toMatchObject({
      Image: 'image:1',
      Env: ['A=request', 'B=service', 'PORT=8080'],
      Labels: { 'dev.jamdev.run': 'r' },
      ExposedPorts: { '8080/tcp': {} },
      HostConfig: { Init: true, PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }, Mounts: [] },
    });
  });

  test("publishes no port on the host's network, where PORT is the backend's own", () => {
    const config = containerConfig({ ...spec, build: { ...build, network: 'host' }, hostPort: 20_001 });
    expect(config).toMatchObject({
      Env: ['A=request', 'B=service', 'PORT=20001'],
      HostConfig: { NetworkMode: 'host' },
    });
    expect(JSON.stringify(config)).not.toContain('PortBindings');
  });

  test('mounts a folder of this machine with any name', () => {
    const { HostConfig } = containerConfig({ ...spec, mount: { Type: 'bind', Source: '/a,b/"c"' } });
    expect(HostConfig).toMatchObject({ Mounts: [{ Type: 'bind', Source: '/a,b/"c"', Target: '/plane-data' }] });
  });
});

describe("an image's own init", () => {
  test.each([
    [['/init'], null],
    [['/sbin/init'], []],
    [
      ['tini', '--'],
      ['node', 'server.js'],
    ],
    [['/usr/bin/tini-static', '-g', '--'], ['node']],
    [
      ['/usr/bin/dumb-init', '--'],
      ['python3', 'a.py'],
    ],
    [null, ['/usr/bin/s6-svscan', '/etc/s6']],
    [['/package/admin/s6-overlay/libexec/preinit', '/init'].slice(1), null],
    [['/sbin/my_init'], ['--quiet']],
    [['/usr/bin/env', 'A=b', '-i', 'tini', '--'], ['node']],
    [null, ['/bin/sh', '-c', 'exec /sbin/tini -- node server.js']],
    [null, ['/bin/sh', '-c', 'dumb-init node server.js']],
    [['/lib/systemd/systemd'], null],
  ])('is found in %j %j', (Entrypoint, Cmd) => {
    expect(hasOwnInit({ Entrypoint, Cmd })).toBe(true);
  });

  test.each([
    [null, null],
    [null, ['node', 'server.js']],
    [['docker-entrypoint.sh'], ['node', '/init']],
    [['/bin/sh', '-c', 'eval "$TEST_COMMAND"'], null],
    [null, ['/bin/sh', '-c', 'npm run init && node server.js']],
    [['env'], ['A=b', 'node', 'tini']],
  ])('is not found in %j %j', (Entrypoint, Cmd) => {
    expect(hasOwnInit({ Entrypoint, Cmd })).toBe(false);
  });

  test.each([
    ['s6-overlay-suexec: fatal: can only run as pid 1', true],
    ['[WARN  tini (7)] Tini is not running as PID 1 and is not registered as a child subreaper.', true],
    ['Trying to run as user instance, but the system has not been booted with systemd.', false],
    ['listening on 8080', false],
  ])('that was not found is recognized in its output: %s', (words, is) => {
    expect(wantsToBeFirst(words)).toBe(is);
  });
});
