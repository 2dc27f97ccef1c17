import { describe, expect, test } from 'vitest';
import { ClientWords } from '../../src/runtime/docker/client-words.js';
import { engineProblem, firstLine, passVariables } from '../../src/runtime/docker/docker-cli.js';
import { limitsOf, refusedLimit } from '../../src/runtime/docker/resource-limits.js';
import { runArguments } from '../../src/runtime/docker/run-arguments.js';
import { isPortTaken, startFailure } from '../../src/runtime/docker/start-failure.js';

const BUILD = {
  kind: 'container',
  number: 1,
  image: 'image:1',
  digest: 'sha256:1',
  env: {},
  network: undefined,
  platform: undefined,
} as const;

describe('the way to the engine', () => {
  test.each([
    [
      'Cannot connect to the Docker daemon at unix:///x/docker.sock. Is the docker daemon running?',
      'DockerStopped',
      'unix:///x/docker.sock',
    ],
    [
      'failed to connect to the docker API at unix:///x/docker.sock; check if the path is correct',
      'DockerStopped',
      'unix:///x/docker.sock',
    ],
    [
      'docker: Cannot connect to the Docker daemon at tcp://10.0.0.1:2375. Is the docker daemon running?.',
      'DockerStopped',
      'tcp://10.0.0.1:2375',
    ],
    [
      'error during connect: Get "http://nosuch:1/v1.50/version": dial tcp: lookup nosuch: no such host',
      'DockerStopped',
      'nosuch',
    ],
    ['unable to resolve docker endpoint: context "foo": context not found', 'DockerStopped', 'context "foo"'],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://...',
      'DockerForbidden',
      'unix:///var/run/docker.sock',
    ],
  ])('%s', (stderr, code, mention) => {
    const error = engineProblem(stderr);
    expect(error).toMatchObject({ code, message: expect.stringContaining(mention) });
    expect(error?.message).not.toContain('..)');
  });

  test('what the engine itself answered is no problem of the way to it', () => {
    expect(engineProblem('Error response from daemon: No such container: x')).toBeUndefined();
    expect(engineProblem('')).toBeUndefined();
  });

  test.each([
    ['docker: Error response from daemon: No such image: x.\nSee docker run --help', 'No such image: x'],
    ['WARNING: no config\nERROR: failed', 'failed'],
    ['', 'it gave no reason'],
  ])('the first line of %j', (text, line) => {
    expect(firstLine(text)).toBe(line);
  });
});

describe('the words of the client and those of the backend', () => {
  const feed = (words: ClientWords, ...chunks: string[]) =>
    chunks.map((chunk) => words.push(Buffer.from(chunk)).toString()).join('');

  test('before the start nothing can be told; then all of it is the backend’s', () => {
    const words = new ClientWords();
    expect(feed(words, 'docker: he', 're I am\n')).toBe('');
    expect(words.started().toString()).toBe('docker: here I am\n');
    expect(feed(words, 'docker: and here\n')).toBe('docker: and here\n');
    expect(words.end(125)).toEqual({ failure: '', output: Buffer.alloc(0) });
  });

  test('warnings of the engine are not the backend’s, its own are', () => {
    const words = new ClientWords();
    const warning = 'WARNING: Your kernel does not support swap limit capabilities. Größe.\n';
    feed(words, warning, "WARNING: The requested image's platform (a) does not match b\n", 'WARNING: mine\n');
    expect(words.started().toString()).toBe('WARNING: mine\n');
    expect(words.warnings).toHaveLength(2);
    expect(words.warnings[0]).toBe('Your kernel does not support swap limit capabilities. Größe.');
  });

  test('a client that fails says so, with whatever it warned of before', () => {
    const words = new ClientWords();
    feed(words, 'WARNING: Error loading config file: x\n', 'docker: Error response from daemon: no.\n');
    expect(words.end(125).failure).toBe('docker: Error response from daemon: no.\n');
  });

  test('a backend that ends at once with such a code has not failed to start', () => {
    const words = new ClientWords();
    feed(words, 'sh: nope: not found\n');
    expect(words.end(127)).toEqual({ failure: '', output: Buffer.from('sh: nope: not found\n') });
  });

  test('its parting words when the engine goes away are not the backend’s', () => {
    const words = new ClientWords();
    words.started();
    expect(feed(words, 'last\n', 'time="x" level=error msg="error waiting for container: unexpected EOF"\n')).toBe(
      'last\n',
    );
    expect(words.end(125).output.length).toBe(0);
  });
});

describe('why a container did not start', () => {
  const DAEMON = 'docker: Error response from daemon: ';
  test.each([
    [`${DAEMON}No such image: image:1.`, 'ImageGone', 'image:1'],
    [`${DAEMON}network net not found.`, 'DockerNetworkMissing', '"net"'],
    [`${DAEMON}write /x: no space left on device.`, 'DiskFull', 'no space left'],
    [
      `${DAEMON}failed: unable to start: exec: "nope": executable file not found in $PATH: unknown.`,
      'CommandNotFound',
      '"nope": executable file not found in $PATH.',
    ],
    [`${DAEMON}something new.`, 'ContainerNotStarted', 'something new'],
    [
      'docker: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?.',
      'DockerStopped',
      'unix:///x',
    ],
  ])('%s', async (stderr, code, mention) => {
    const error = await startFailure(stderr, BUILD);
    expect(error).toMatchObject({ code, message: expect.stringContaining(mention) });
  });

  test.each([
    'driver failed programming external connectivity: Bind for 127.0.0.1:20001 failed: port is already allocated.',
    'Error starting userland proxy: listen tcp4 127.0.0.1:29999: bind: address already in use.',
    'Ports are not available: exposing port TCP 127.0.0.1:20001 -> 0.0.0.0:0',
  ])('a port that is taken: %s', (stderr) => {
    expect(isPortTaken(stderr)).toBe(true);
  });
});

describe('limits', () => {
  test('all of them, as options', () => {
    const limits = limitsOf({
      memory_limit_bytes: 64 * 1024 * 1024,
      cpu_period: 50_000,
      cpu_period_percent: 150,
      cpu_time_limit: 1.5,
      disk_limit_bytes: 10_000_000,
    });
    expect(limits.flatMap(({ args }) => args).join(' ')).toBe(
      '--memory 67108864 --memory-swap 67108864 --cpu-period 50000 --cpu-quota 75000 --ulimit cpu=2:3 --storage-opt size=10000000',
    );
    expect(limits.map(({ size }) => size)).toEqual(['64 MiB', '150%', '2 s', '9.5 MiB']);
  });

  test('none, a share alone, and what Linux would not take', () => {
    expect(limitsOf(undefined)).toEqual([]);
    expect(limitsOf({ memory_limit_bytes: null, cpu_period: null })).toEqual([]);
    expect(limitsOf({ cpu_period_percent: 50 })[0]?.args.join(' ')).toBe('--cpu-period 100000 --cpu-quota 50000');
    expect(limitsOf({ cpu_period: 5, cpu_period_percent: 1 })[0]?.args.join(' ')).toBe(
      '--cpu-period 1000 --cpu-quota 1000',
    );
  });

  test.each([
    ['Minimum memory limit allowed is 6MB', 'memory'],
    ["--storage-opt is supported only for overlay over xfs with 'pquota' mount option", 'disk'],
    ['CPU cfs quota can not be less than 1ms (i.e. 1000)', 'cpu'],
    ['error setting rlimit type 0: operation not permitted', 'cpu time'],
    ['No such image: x', undefined],
  ])('%s is about %s', (stderr, kind) => {
    const all = limitsOf({ memory_limit_bytes: 1e9, cpu_period: 5e4, cpu_time_limit: 1, disk_limit_bytes: 1e9 });
    expect(refusedLimit(stderr, all)?.kind).toBe(kind);
    expect(refusedLimit(stderr, [])).toBeUndefined();
  });
});

describe('the arguments of docker run', () => {
  const spec = { name: 'jamdev-x', labels: { run: 'r' }, env: {}, port: 20_001, limits: [], volumeFolder: undefined };

  test('values of variables go through the environment, unless docker would read them itself', () => {
    const { args, env } = passVariables('--env', {
      SECRET: 's',
      PATH: '/p',
      https_proxy: 'h',
      DOCKER_HOST: 'd',
      GOPHER: 'g',
    });
    expect(args.join(' ')).toBe('--env SECRET --env PATH=/p --env https_proxy=h --env DOCKER_HOST=d --env GOPHER');
    expect(env).toEqual({ SECRET: 's', GOPHER: 'g' });
  });

  test("the request's variables win over the service's, and PORT over both", () => {
    const build = { ...BUILD, env: { A: 'service', B: 'service', PORT: '1' } };
    const { args, env } = runArguments({ ...spec, build, env: { A: 'request' } });
    expect(env).toMatchObject({ A: 'request', B: 'service', PORT: '8080' });
    expect(args.join(' ')).toContain('--publish 127.0.0.1:20001:8080');
    expect(args.at(-1)).toBe('image:1');
  });

  test('a mount with commas and quotes in its path stays one mount', () => {
    const { args } = runArguments({ ...spec, build: BUILD, volumeFolder: '/a,b/"c"' });
    expect(args[args.indexOf('--mount') + 1]).toBe('type=bind,"source=/a,b/""c""",target=/plane-data');
  });
});
