import { describe, expect, test } from 'vitest';
import { type DockerAnswer, judgeDocker, readDockerVersion } from '../../../../src/cli/commands/doctor/docker.js';
import { dockerErrors } from '../../../../src/runtime/docker/docker-errors.js';

const CLIENT = { Version: '28.2.2', Os: 'linux', Arch: 'amd64' };
const SERVER = { Version: '27.0.1', Os: 'linux', Arch: 'arm64', KernelVersion: '6.6.12-linuxkit' };
const ENGINE = { version: '27.0.1', platform: 'linux/arm64', kernel: '6.6.12-linuxkit', product: '' };

describe('docker version', () => {
  test('with an engine', () => {
    const desktop = { ...SERVER, Platform: { Name: 'Docker Desktop 4.27.1 (136059)' } };
    expect(readDockerVersion(JSON.stringify({ Client: CLIENT, Server: desktop }), '')).toEqual({
      client: '28.2.2',
      engine: { ...ENGINE, product: 'Docker Desktop 4.27.1 (136059)' },
      trouble: undefined,
    });
  });

  test.each([
    [
      'an engine that is stopped',
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'DockerStopped',
      'unix:///var/run/docker.sock',
    ],
    [
      'one that the user may not use',
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": dial unix /var/run/docker.sock: connect: permission denied',
      'DockerForbidden',
      'unix:///var/run/docker.sock',
    ],
    ['one that hangs', 'no answer within 5 s', 'DockerStopped', 'no answer within 5 s'],
    ['words that nobody knows', 'Error: the moon is full.', 'DockerStopped', 'the moon is full'],
    ['nothing said', '', 'DockerStopped', 'it gave no reason'],
  ])('with %s', (_name, stderr, code, says) => {
    const answer = readDockerVersion(JSON.stringify({ Client: CLIENT, Server: null }), stderr);
    expect(answer).toMatchObject({ client: '28.2.2', engine: undefined, trouble: { code } });
    expect(answer.trouble?.message).toContain(says);
  });

  test.each(['', 'null', 'not JSON', '{"Client": {}}'])('that prints %j is no engine', (stdout) => {
    expect(readDockerVersion(stdout, '')).toMatchObject({ client: undefined, engine: undefined });
  });
});

describe('what that means', () => {
  const running: DockerAnswer = { client: '28.2.2', engine: ENGINE, trouble: undefined };
  const missing: DockerAnswer = { client: undefined, engine: undefined, trouble: dockerErrors.dockerMissing() };
  const stopped: DockerAnswer = { client: '28.2.2', engine: undefined, trouble: dockerErrors.dockerStopped('SOCKET') };
  const forbidden: DockerAnswer = {
    client: '28.2.2',
    engine: undefined,
    trouble: dockerErrors.dockerForbidden('SOCKET'),
  };

  test.each([
    ['a running engine', running, 'must', ['docker client ok', 'docker engine ok'], ''],
    ['no client, and no other way', missing, 'must', ['docker client failure'], '--runtime process'],
    ['no client, and another way', missing, 'would', ['docker client warning'], 'Install Docker, if'],
    ['no client, and no need', missing, 'not', ['docker client warning'], 'Install Docker, if'],
    [
      'no engine, and no other way',
      stopped,
      'must',
      ['docker client ok', 'docker engine failure'],
      '--runtime process',
    ],
    ['no engine, and another way', stopped, 'would', ['docker client ok', 'docker engine warning'], 'Start Docker, if'],
    ['no engine, and no need', stopped, 'not', ['docker client ok', 'docker engine warning'], 'Start Docker, if'],
    [
      'no right to use it, and no need',
      forbidden,
      'not',
      ['docker client ok', 'docker engine warning'],
      'group docker',
    ],
  ] as const)('%s', (_name, answer, need, expected, remedy) => {
    const findings = judgeDocker(answer, need);
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual(expected);
    expect(findings.at(-1)?.remedy).toContain(remedy);
  });

  test('says what happens instead', () => {
    expect(judgeDocker(stopped, 'would').at(-1)?.text).toContain('SOCKET');
    expect(judgeDocker(stopped, 'would').at(-1)?.text).toContain('child processes instead');
    expect(judgeDocker(stopped, 'not').at(-1)?.text).toContain('does not need it');
    expect(judgeDocker(running, 'not').at(-1)?.text).toBe('version 27.0.1, linux/arm64');
  });
});
