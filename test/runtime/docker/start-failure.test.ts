import { describe, expect, test } from 'vitest';
import { Engine } from '../../../src/docker-engine/engine.js';
import { EngineError } from '../../../src/docker-engine/engine-error.js';
import { isInitMissing } from '../../../src/runtime/docker/own-init.js';
import { limitsOf, refusedLimit } from '../../../src/runtime/docker/resource-limits.js';
import { checkVariables, explainFailedInit, startFailure } from '../../../src/runtime/docker/start-failure.js';

const build = {
  kind: 'container',
  number: 1,
  image: 'image:1',
  digest: 'sha256:1',
  env: {},
  network: undefined,
  init: undefined,
  platform: undefined,
} as const;
const nowhere = new Engine({ url: 'unix:///nowhere', address: { path: '/nonexistent/docker.sock' }, environment: {} });

describe('why a container did not start', () => {
  test.each([
    ['No such image: image:1', 'ImageGone', 'image:1'],
    ['image:1: image not known', 'ImageGone', 'image:1'],
    ['network net not found', 'DockerNetworkMissing', '"net"'],
    ['unable to find network with name or ID net: network not found', 'DockerNetworkMissing', '"net"'],
    ['write /x: no space left on device', 'DiskFull', 'no space left'],
    [
      'failed: unable to start: exec: "nope": executable file not found in $PATH: unknown',
      'CommandNotFound',
      '"nope": executable file not found in $PATH.',
    ],
    ['exec /bin/sh: argument list too long', 'CommandNotStarted', 'environment variables'],
    [
      'Error starting userland proxy: listen tcp4 192.0.2.7:0: bind: cannot assign requested address',
      'ContainerNotStarted',
      'no address 192.0.2.7',
    ],
    ['something new', 'ContainerNotStarted', 'something new'],
  ])('%s', async (message, code, mention) => {
    const error = await startFailure(
      new EngineError(500, message),
      { build, env: { A: 'a' }, publishAt: '192.0.2.7' },
      nowhere,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(mention) });
  });

  test.each([
    ['[FATAL tini (7)] exec nope failed: No such file or directory\n', '"nope": No such file or directory'],
    ['ERROR (catatonit:2): failed to exec pid1: No such file or directory\n', '"pid1": No such file or directory'],
  ])('is read from the init’s output: %j', (words, mention) => {
    expect(explainFailedInit(words)).toContain(`The command of the image can't be started: ${mention}`);
  });

  test('is not read from a server’s output', () => {
    expect(explainFailedInit('Error: exec nope failed: No such file or directory\n')).toBeUndefined();
  });

  test.each([
    ['exec: "docker-init": executable file not found in $PATH', true],
    ['container-init binary not found on the host: stat /usr/libexec/podman/catatonit', true],
    ['exec: "nope": executable file not found in $PATH', false],
  ])('is an engine without an init: %s', (message, isMissing) => {
    expect(isInitMissing(message)).toBe(isMissing);
  });

  test('is known before the start if a variable is too large for any program', () => {
    expect(() => checkVariables({ A: 'x'.repeat(131_060) })).not.toThrow();
    expect(() => checkVariables({ BIG: 'x'.repeat(131_072) })).toThrow('"BIG"');
  });
});

describe('limits', () => {
  test('are passed to the engine', () => {
    const limits = limitsOf({
      memory_limit_bytes: 64 * 1024 * 1024,
      cpu_period: 50_000,
      cpu_period_percent: 150,
      cpu_time_limit: 1.5,
      disk_limit_bytes: 10_000_000,
    });
    expect(Object.assign({}, ...limits.map(({ config }) => config))).toEqual({
      Memory: 67_108_864,
      MemorySwap: 67_108_864,
      CpuPeriod: 50_000,
      CpuQuota: 75_000,
      Ulimits: [{ Name: 'cpu', Soft: 2, Hard: 3 }],
      StorageOpt: { size: '10000000' },
    });
    expect(limits.map(({ size }) => size)).toEqual(['64 MiB', '150%', '2 s', '9.5 MiB']);
  });

  test('are omitted, combined or refused as Linux requires', () => {
    expect(limitsOf(undefined)).toEqual([]);
    expect(limitsOf({ memory_limit_bytes: null, cpu_period: null })).toEqual([]);
    expect(limitsOf({ cpu_period_percent: 50 })[0]?.config).toEqual({ CpuPeriod: 100_000, CpuQuota: 50_000 });
    expect(limitsOf({ cpu_period: 5, cpu_period_percent: 1 })[0]?.config).toEqual({
      CpuPeriod: 1_000,
      CpuQuota: 1_000,
    });
  });

  test.each([
    ['Minimum memory limit allowed is 6MB', 'memory'],
    ["--storage-opt is supported only for overlay over xfs with 'pquota' mount option", 'disk'],
    ['CPU cfs quota can not be less than 1ms (i.e. 1000)', 'cpu'],
    ['error setting rlimit type 0: operation not permitted', 'cpu time'],
    ['No such image: x', undefined],
  ])('%s concerns %s', (message, kind) => {
    const all = limitsOf({ memory_limit_bytes: 1e9, cpu_period: 5e4, cpu_time_limit: 1, disk_limit_bytes: 1e9 });
    expect(refusedLimit(message, all)?.kind).toBe(kind);
    expect(refusedLimit(message, [])).toBeUndefined();
  });
});
