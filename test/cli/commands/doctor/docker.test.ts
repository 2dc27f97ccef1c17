import { describe, expect, test } from 'vitest';
import { type DockerAnswer, describeEngine, judgeDocker } from '../../../../src/cli/commands/doctor/docker.js';
import { dockerErrors } from '../../../../src/docker-engine/docker-errors.js';

const INFO = { version: '27.0.1', platform: 'linux/arm64', kernel: '6.6.12-linuxkit', product: '' };
const VERSION = {
  Version: '27.0.1',
  ApiVersion: '1.46',
  Os: 'linux',
  Arch: 'arm64',
  KernelVersion: '6.6.12-linuxkit',
  Components: [],
};

describe('the engine’s own description', () => {
  test.each([
    ['Docker', {}, ''],
    ['Docker Desktop', { Platform: { Name: 'Docker Desktop 4.27.1 (136059)' } }, 'Docker Desktop 4.27.1 (136059)'],
    [
      'Podman',
      { Platform: { Name: 'linux/amd64/debian-12' }, Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] },
      'Podman',
    ],
  ])('%s', (_name, parts, product) => {
    expect(describeEngine({ ...VERSION, ...parts })).toEqual({ ...INFO, product });
  });
});

describe('findings about the engine', () => {
  const running: DockerAnswer = { client: '28.2.2', info: INFO, trouble: undefined };
  const missing: DockerAnswer = { client: undefined, info: undefined, trouble: dockerErrors.dockerMissing() };
  const stopped: DockerAnswer = { client: '28.2.2', info: undefined, trouble: dockerErrors.dockerStopped('SOCKET') };
  const forbidden: DockerAnswer = {
    client: '28.2.2',
    info: undefined,
    trouble: dockerErrors.dockerForbidden('SOCKET'),
  };

  const elsewhere: DockerAnswer = {
    client: '28.2.2',
    info: undefined,
    trouble: dockerErrors.engineUnreachable('ssh://me@far.example', 'DETAIL', 'Do this.'),
  };

  test.each([
    ['a running engine', running, 'must', ['docker client ok', 'docker engine ok'], ''],
    ['no client, which is required', missing, 'must', ['docker client failure'], '--runtime process'],
    ['no client, but another way to run', missing, 'would', ['docker client warning'], 'Install Docker, if'],
    ['no client, which is not needed', missing, 'not', ['docker client warning'], 'Install Docker, if'],
    [
      'no engine, which is required',
      stopped,
      'must',
      ['docker client ok', 'docker engine failure'],
      '--runtime process',
    ],
    [
      'no engine, but another way to run',
      stopped,
      'would',
      ['docker client ok', 'docker engine warning'],
      'Start Docker, if',
    ],
    [
      'no engine, which is not needed',
      stopped,
      'not',
      ['docker client ok', 'docker engine warning'],
      'Start Docker, if',
    ],
    [
      'no permission for an engine that is not needed',
      forbidden,
      'not',
      ['docker client ok', 'docker engine warning'],
      'group docker',
    ],
    [
      'an engine on another machine, which is required',
      elsewhere,
      'must',
      ['docker client ok', 'docker engine failure'],
      'Do this.',
    ],
    [
      'an engine on another machine, which is not needed',
      elsewhere,
      'not',
      ['docker client ok', 'docker engine warning'],
      'Do this.',
    ],
  ] as const)('%s', (_name, answer, need, expected, remedy) => {
    const findings = judgeDocker(answer, need);
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual(expected);
    expect(findings.at(-1)?.remedy).toContain(remedy);
  });

  test('say what happens instead', () => {
    expect(judgeDocker(stopped, 'would').at(-1)?.text).toContain('SOCKET');
    expect(judgeDocker(stopped, 'would').at(-1)?.text).toContain('child processes instead');
    expect(judgeDocker(stopped, 'not').at(-1)?.text).toContain('does not need it');
    expect(judgeDocker(running, 'not').at(-1)?.text).toBe('version 27.0.1, linux/arm64');
  });
});
