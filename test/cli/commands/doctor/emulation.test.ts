import { describe, expect, test } from 'vitest';
import type { EngineInfo } from '../../../../src/cli/commands/doctor/docker.js';
import { type Emulators, judgeEmulation, readBuilderPlatforms } from '../../../../src/cli/commands/doctor/emulation.js';

function engine(platform: string, more: Partial<EngineInfo> = {}): EngineInfo {
  return { version: '27.0.1', platform, kernel: '6.1.0', product: '', ...more };
}

const UNKNOWN: Emulators = { sameKernel: false, registered: undefined, builder: undefined };

describe('images run', () => {
  test.each<[name: string, platform: string, engine: EngineInfo, emulators: Emulators, says: string]>([
    ['on the same processor', 'linux/amd64', engine('linux/amd64'), UNKNOWN, 'natively'],
    ['on the same processor by another name', 'linux/amd64', engine('linux/x86_64'), UNKNOWN, 'natively'],
    ['in a variant of the same processor', 'linux/arm64/v8', engine('linux/arm64'), UNKNOWN, 'natively'],
    ['of the older variant', 'linux/386', engine('linux/amd64'), UNKNOWN, 'natively'],
    [
      'with Docker Desktop',
      'linux/amd64',
      engine('linux/arm64', { product: 'Docker Desktop 4.27.1 (136059)' }),
      UNKNOWN,
      'emulated, more slowly',
    ],
    [
      'with the kernel of Docker Desktop',
      'linux/amd64',
      engine('linux/arm64', { kernel: '6.6.12-linuxkit' }),
      UNKNOWN,
      'emulated',
    ],
    ['with OrbStack', 'linux/amd64', engine('linux/arm64', { kernel: '6.11.1-orbstack-1' }), UNKNOWN, 'emulated'],
    [
      'with qemu in this kernel',
      'linux/amd64',
      engine('linux/arm64'),
      { sameKernel: true, registered: ['qemu-arm', 'qemu-x86_64'], builder: undefined },
      'by qemu-x86_64',
    ],
    [
      'with Rosetta',
      'linux/amd64',
      engine('linux/arm64'),
      { sameKernel: true, registered: ['rosetta'], builder: undefined },
      'by rosetta',
    ],
    [
      'for the other processor',
      'linux/arm64',
      engine('linux/amd64'),
      { sameKernel: true, registered: ['qemu-aarch64'], builder: undefined },
      'by qemu-aarch64',
    ],
    [
      'if the builder says so',
      'linux/amd64',
      engine('linux/arm64'),
      { sameKernel: false, registered: undefined, builder: ['linux/arm64', 'linux/amd64'] },
      'emulated',
    ],
  ])('%s', (_name, platform, on, emulators, says) => {
    const finding = judgeEmulation(platform, on, emulators, true);
    expect(finding).toMatchObject({ status: 'ok', remedy: '' });
    expect(finding.text).toContain(says);
  });
});

describe('images do not run', () => {
  const none: Emulators = { sameKernel: true, registered: [], builder: undefined };

  test.each<[name: string, emulators: Emulators]>([
    ['without emulation', none],
    ['with emulation of another processor', { ...none, registered: ['qemu-arm', 'qemu-aarch64'] }],
    [
      'if the builder cannot run them',
      { sameKernel: false, registered: undefined, builder: ['linux/arm64', 'linux/arm/v7'] },
    ],
  ])('%s: a failure for services that need them, else a warning', (_name, emulators) => {
    const finding = judgeEmulation('linux/amd64', engine('linux/arm64'), emulators, true);
    expect(finding).toMatchObject({ status: 'failure', remedy: expect.stringContaining('--install amd64') });
    expect(judgeEmulation('linux/amd64', engine('linux/arm64'), emulators, false).status).toBe('warning');
  });

  test('Rosetta for another processor does not help', () => {
    const emulators = { ...none, registered: ['rosetta'] };
    expect(judgeEmulation('linux/arm64', engine('linux/amd64'), emulators, true).status).toBe('failure');
  });
});

test.each<[name: string, emulators: Emulators]>([
  ['nothing can be checked', UNKNOWN],
  ['the registration here belongs to another kernel', { ...UNKNOWN, registered: ['qemu-x86_64'] }],
])('if %s, it is a warning with a way to try', (_name, emulators) => {
  expect(judgeEmulation('linux/amd64', engine('linux/arm64'), emulators, true)).toMatchObject({
    status: 'warning',
    remedy: expect.stringContaining('docker run --rm --platform linux/amd64'),
  });
});

test.each([
  ['Name: default\nDriver: docker\n\nNodes:\nPlatforms: linux/amd64, linux/386\n', ['linux/amd64', 'linux/386']],
  ['Platforms:        linux/arm64*, linux/amd64/v2', ['linux/arm64', 'linux/amd64/v2']],
  ['Platforms: linux/arm64\nPlatforms: linux/amd64\n', ['linux/arm64', 'linux/amd64']],
  ['Name: default\nStatus: inactive\n', undefined],
  ['', undefined],
])('the platforms of a builder are read: %j', (output, platforms) => {
  expect(readBuilderPlatforms(output)).toEqual(platforms);
});
