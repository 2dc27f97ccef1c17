import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Engine } from '../../src/docker-engine/engine.js';
import { EngineError } from '../../src/docker-engine/engine-error.js';
import type { EngineRequest } from '../../src/docker-engine/engine-http.js';
import { sendSignal } from '../../src/processes/signal.js';
import { waitUntilReady } from '../../src/runtime/readiness.js';
import { describeRuntime } from '../runtime/runtime-suite.js';
import { send } from '../support/http.js';
import { DEADLINE_MS, living, waitFor } from '../support/wait.js';
import { describeDocker, docker, type StartedContainer, testEngine, useDockerRuntime } from './support.js';

const SERVE = `exec node -e 'require("http").createServer((q, s) => s.end(process.env.TEST_NAME)).listen(8080)'`;
const UNTIL_ASKED = `trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`;

describeDocker('containers', () => {
  const { start, makeRuntime, project, runId, image, remains, cleared } = useDockerRuntime();

  describeRuntime('containers', {
    start: (command, env, signal) => start(command, env, signal === undefined ? {} : { signal }),
    fixture: (name) => `/fixtures/${name}`,
    portOf: () => 8080,
    remainsOf: () => remains(),
  });

  describe('a container', () => {
    test('has a name and labels, and is reachable only from this machine', async () => {
      const { id } = await start('exec sleep 600');
      const inspected = await docker('inspect', '--format', '{{json .}}', `jamdev-${id}`);
      const { Config, NetworkSettings, HostConfig } = JSON.parse(inspected);
      expect(Config.Labels).toMatchObject({
        'dev.jamdev.project': project,
        'dev.jamdev.run': runId,
        'dev.jamdev.service': 'default',
        'dev.jamdev.key': 'key',
        'dev.jamdev.backend': id,
      });
      expect(NetworkSettings.Ports['8080/tcp']).toMatchObject([{ HostIp: '127.0.0.1' }]);
      expect(HostConfig.ExtraHosts).toEqual(['host.docker.internal:host-gateway']);
    });

    test('has an init as its first process, so that a program without a SIGTERM handler ends at once', async () => {
      const { id, backend, output } = await start('echo up; exec node -e "setInterval(() => {}, 1000)"');
      await waitFor(() => output().includes('up'), 'it to run');
      expect(await docker('inspect', '--format', '{{.HostConfig.Init}}', `jamdev-${id}`)).toBe('true');
      backend.terminate(false);
      expect(await backend.exited).toEqual({ code: 143, signal: 'SIGTERM' });
    });

    test('has no init if the config says so', async () => {
      const { id } = await start('exec sleep 600', {}, { build: { init: false } });
      expect(await docker('inspect', '--format', '{{.HostConfig.Init}}', `jamdev-${id}`)).toBe('false');
    });

    test('has no init if the engine lacks one, which is reported once', async () => {
      class WithoutInit extends Engine {
        override async request<T>(method: string, path: string, request: EngineRequest = {}): Promise<T> {
          const { HostConfig } = (request.body ?? {}) as { HostConfig?: { Init?: boolean } };
          if (HostConfig?.Init) throw new EngineError(500, 'exec: "docker-init": executable file not found in $PATH');
          return super.request<T>(method, path, request);
        }
      }
      const runtime = makeRuntime(new WithoutInit(testEngine().endpoint));
      onTestFinished(() => runtime.close());
      const [first, second] = [await start('exit 3', {}, { runtime }), await start('exit 3', {}, { runtime })];
      expect(await first.backend.exited).toEqual({ code: 3, signal: null });
      expect(first.remarks).toEqual([expect.stringContaining('has no init for containers (docker-init)')]);
      expect(second.remarks).toEqual([]);
    });

    test('needs no process of this machine', async () => {
      const { id } = await start('exec sleep 600', { TEST_SECRET: 'hush-hush' });
      const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
      expect(processes.filter((line) => line.startsWith('docker ') && line.includes(id))).toEqual([]);
      expect(processes.filter((line) => line.includes('hush-hush'))).toEqual([]);
    });

    test('gets variables that docker itself reads without effect on docker', async () => {
      const env = { DOCKER_HOST: 'tcp://nowhere.invalid:1', HTTP_PROXY: 'http://proxy.invalid', TMPDIR: '/elsewhere' };
      const { backend, output } = await start('echo $DOCKER_HOST $HTTP_PROXY $TMPDIR', env);
      expect(await backend.exited).toEqual({ code: 0, signal: null });
      expect(output()).toBe('tcp://nowhere.invalid:1 http://proxy.invalid /elsewhere\n');
    });

    test('reaches this machine as host.docker.internal', async () => {
      const { backend, output } = await start('grep host.docker.internal /etc/hosts');
      await backend.exited;
      expect(output()).toMatch(/^\d+\.\d+\.\d+\.\d+\s+host\.docker\.internal\n$/);
    });

    test('joins the given network, and reports a missing one', async () => {
      const network = `jamdev-test-${runId}`;
      await docker('network', 'create', network);
      onTestFinished(async () => void (await docker('network', 'rm', network)));
      const { id, backend } = await start(SERVE, {}, { build: { network } });
      await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS));
      const joined = await docker('inspect', '--format', '{{json .NetworkSettings.Networks}}', `jamdev-${id}`);
      expect(Object.keys(JSON.parse(joined))).toEqual([network]);
      backend.terminate(true);
      await backend.exited;
      await expect(start(SERVE, {}, { build: { network: 'no-such-network' } })).rejects.toMatchObject({
        code: 'DockerNetworkMissing',
        message: expect.stringContaining('"no-such-network"'),
      });
      expect(await remains()).toEqual([]);
    });

    test('is reached at its own address if the engine shares this kernel, and otherwise at a published port', async () => {
      const { id, backend } = await start(SERVE, { TEST_NAME: 'direct' });
      const format = '{{.NetworkSettings.IPAddress}} {{(index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort}}';
      const [own, published] = (await docker('inspect', '--format', format, `jamdev-${id}`)).split(' ');
      const { host, port, isCurrent } = await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS));
      expect([host, port]).toEqual(testEngine().sharesKernel ? [own, 8080] : ['127.0.0.1', Number(published)]);
      expect((await send(`http://${host}:${port}/`)).text).toBe('direct');
      expect((await send(`http://127.0.0.1:${published}/`)).text).toBe('direct');
      expect(isCurrent?.()).toBe(testEngine().sharesKernel ? true : undefined);
      backend.terminate(true);
      await backend.exited;
      expect(isCurrent?.()).toBe(testEngine().sharesKernel ? false : undefined);
    });

    test("has its own port on the host's network", async () => {
      const serve = SERVE.replace('8080', 'process.env.PORT');
      const { backend } = await start(serve, { TEST_NAME: 'here' }, { build: { network: 'host' } });
      const { port } = await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS));
      expect((await send(`http://127.0.0.1:${port}/`)).text).toBe('here');
    });
  });

  describe('starting', () => {
    test('names a variable that is too large', async () => {
      await expect(start('true', { BIG: 'x'.repeat(200_000) })).rejects.toMatchObject({
        code: 'CommandNotStarted',
        message: expect.stringContaining('the environment variable "BIG" has 196 KiB'),
      });
    });

    test('reports that it may answer once it listens, as far as this machine can see it', async () => {
      const [silent, server] = [await start('exec sleep 600'), await start(SERVE)];
      expect(silent.backend.mayAnswer?.()).toBe(!testEngine().sharesKernel);
      await waitUntilReady(server.backend.addresses, AbortSignal.timeout(DEADLINE_MS));
      expect(server.backend.mayAnswer?.()).toBe(true);
    });

    test('starts twenty backends at once, which end together', async () => {
      const all = await Promise.all(Array.from({ length: 20 }, (_, index) => start(SERVE, { TEST_NAME: `${index}` })));
      const names = await Promise.all(
        all.map(async ({ backend }) => {
          const { host, port } = await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS));
          return (await send(`http://${host}:${port}/`)).text;
        }),
      );
      expect(names).toEqual(all.map((_, index) => `${index}`));
      for (const { backend } of all) backend.terminate(true);
      const exits = await Promise.all(all.map(({ backend }) => backend.exited));
      expect(exits).toEqual(all.map(() => ({ code: 137, signal: 'SIGKILL' })));
      expect(await remains()).toEqual([]);
    });

    test.each([0, 20, 60, 120, 200, 300, 400])('leaves nothing when it is given up after %d ms', async (ms) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('changed my mind')), ms);
      const started = await start('exec sleep 600', {}, { signal: controller.signal }).catch((error) => error);
      if (started instanceof Error) {
        expect(started.message).toBe('changed my mind');
      } else {
        started.backend.terminate(true);
        await started.backend.exited;
      }
      expect(await remains()).toEqual([]);
    });

    test.each([
      ['a missing image', { image: 'jamdev/never-built:1' }, 'ImageGone', 'jamdev/never-built:1'],
      ['an image for another platform', { platform: 'linux/s390x' }, 'ContainerNotStarted', 'linux/s390x'],
    ])('reports %s', async (_what, build, code, mention) => {
      await expect(start(SERVE, {}, { build })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(mention),
      });
    });

    test('reports a missing engine', async () => {
      const url = 'unix:///nonexistent/docker.sock';
      const address = { path: '/nonexistent/docker.sock' };
      const runtime = makeRuntime(new Engine({ url, address, environment: { DOCKER_HOST: url } }));
      await expect(start(SERVE, {}, { runtime })).rejects.toMatchObject({
        code: 'DockerStopped',
        message: expect.stringContaining(url),
      });
      await runtime.close();
    });
  });

  describe('termination', () => {
    test('reports that SIGTERM ended a container', async () => {
      const { backend, output } = await start(`trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done`);
      await waitFor(() => output().includes('ready'), 'the trap');
      backend.terminate(false);
      expect(await backend.exited).toEqual({ code: 143, signal: 'SIGTERM' });
    });

    test('notices a container that another program removes', async () => {
      const { id, backend } = await start('exec sleep 600');
      await docker('rm', '--force', `jamdev-${id}`);
      expect(await backend.exited).toEqual({ code: 137, signal: 'SIGKILL' });
    });

    test('continues after a container closes its output, and notices its end', async () => {
      const { backend, output } = await start('echo up; exec >&- 2>&-; sleep 1; exit 6');
      await waitFor(() => output().includes('up'), 'it to run');
      expect(await backend.exited).toEqual({ code: 6, signal: null });
    });

    test('reports "stopped" only when nothing runs', async () => {
      const { id, backend, output } = await start(UNTIL_ASKED);
      await waitFor(() => output().includes('up'), 'the trap');
      // Checks the processes, because the engine's reports lag behind.
      const [, ...pids] = (await docker('top', `jamdev-${id}`, '-o', 'pid')).split('\n').map(Number);
      backend.terminate(false);
      await backend.stopped;
      expect(pids.length).toBeGreaterThan(1);
      expect(await living(pids)).toEqual([]);
      await backend.exited;
      expect(await remains()).toEqual([]);
    });

    test.each([false, true])('needs no signal of the engine if this user may send signals; hard: %s', async (hard) => {
      class WithoutKill extends Engine {
        override async request<T>(method: string, path: string, request: EngineRequest = {}): Promise<T> {
          if (path.endsWith('/kill')) throw new EngineError(500, 'no kill today');
          return super.request<T>(method, path, request);
        }
      }
      const engine = new WithoutKill(testEngine().endpoint);
      await engine.version();
      const runtime = makeRuntime(engine);
      onTestFinished(() => runtime.close());
      const { id, backend, output } = await start(UNTIL_ASKED, {}, { runtime });
      await waitFor(() => output().includes('up'), 'the trap');
      const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', `jamdev-${id}`));
      const mayBeSent = sendSignal(pid, 0) === 'sent';
      backend.terminate(hard);
      if (!mayBeSent) await docker('kill', `jamdev-${id}`);
      const forced = { code: 137, signal: 'SIGKILL' };
      expect(await backend.exited).toEqual(hard || !mayBeSent ? forced : { code: 0, signal: null });
    });

    test.each([false, true])('ends a paused container; hard: %s', async (hard) => {
      const { id, backend, output } = await start(UNTIL_ASKED);
      await waitFor(() => output().includes('up'), 'the trap');
      await docker('pause', `jamdev-${id}`);
      await backend.disturbed;
      backend.terminate(hard);
      expect(await backend.exited).toEqual(hard ? { code: 137, signal: 'SIGKILL' } : { code: 0, signal: null });
    });

    test.each([false, true])(
      'a crash not yet noticed by the engine is not attributed to a termination; hard: %s',
      async (hard) => {
        const serve = `require("http").createServer((q) => process.exit(4)).listen(8080, () => console.log("up"))`;
        const { id, backend, output } = await start(`exec node -e '${serve}'`);
        await waitFor(() => output().includes('up'), 'it to listen');
        const pid = await docker('inspect', '--format', '{{.State.Pid}}', `jamdev-${id}`);
        const { host, port } = backend.addresses[0] ?? {};
        void send(`http://${host}:${port}/`).catch(() => undefined);
        // If its process is visible, its end is known immediately; the engine reports it some 30 ms later.
        const isSeen = existsSync(`/proc/${pid}`);
        while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setImmediate(resolve));
        if (isSeen) expect(backend.ended).toBe(true);
        await waitFor(() => backend.ended, 'the end');
        backend.terminate(hard);
        expect(await backend.exited).toEqual({ code: 4, signal: null });
      },
    );

    test.each([
      ['by force', 'exec sleep 600', ({ backend }: StartedContainer) => backend.terminate(true)],
      ['softly', UNTIL_ASKED, ({ backend }: StartedContainer) => backend.terminate(false)],
      [
        'by exiting',
        'until [ -e /tmp/go ]; do sleep 0.05; done; exit 3',
        // The container may end together with the command that creates the file.
        ({ id }: StartedContainer) => void docker('exec', `jamdev-${id}`, 'touch', '/tmp/go').catch(() => undefined),
      ],
    ])(
      'a container that ended %s has no process when that is reported, and is removed afterwards',
      async (_, command, end) => {
        const started = await start(command);
        const { id, backend } = started;
        const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', `jamdev-${id}`));
        expect(await living([pid])).toEqual([pid]);
        end(started);
        await backend.exited;
        expect(await living([pid])).toEqual([]);
        expect(await remains()).toEqual([]);
      },
    );

    test('two containers of one backend have different names, and the name of a removed one is used again', async () => {
      const first = await start(UNTIL_ASKED);
      const another = () => start(UNTIL_ASKED, {}, { request: { backendId: first.id } });
      const second = await another();
      const names = async () => {
        const filter = ['--filter', `label=dev.jamdev.backend=${first.id}`];
        return (await docker('ps', '--all', ...filter, '--format', '{{.Names}}')).split('\n').toSorted();
      };
      expect(await names()).toEqual([`jamdev-${first.id}`, `jamdev-${first.id}-2`]);
      first.backend.terminate(true);
      await first.backend.exited;
      await cleared();
      const third = await another();
      expect(await names()).toEqual([`jamdev-${first.id}`, `jamdev-${first.id}-2`]);
      for (const { backend } of [second, third]) {
        backend.terminate(true);
        expect(await backend.exited).toEqual({ code: 137, signal: 'SIGKILL' });
      }
    });

    test('the last resort removes all containers', async () => {
      const runtime = makeRuntime();
      const all = await Promise.all([1, 2, 3].map(() => start('exec sleep 600', {}, { runtime })));
      const [renamed] = all;
      await docker('rename', `jamdev-${renamed?.id}`, `renamed-${renamed?.id}`);
      runtime.killAll();
      // It gives the engine a few seconds per step, and a busy engine takes longer.
      await waitFor(async () => (await remains()).length === 0, 'the containers to be gone');
      await Promise.all(all.map(({ backend }) => backend.exited));
      await runtime.close();
    });
  });

  describe('explanations for a backend that is not ready', () => {
    test('say that it listens only on 127.0.0.1', async () => {
      const code = 'require("http").createServer().listen(8080, "127.0.0.1", () => console.log("listening"))';
      const { backend, output } = await start(`exec node -e '${code}'`);
      await waitFor(() => output().includes('listening'), 'it to listen');
      const text = await backend.explainNotReady();
      expect(text).toContain('It listens on 127.0.0.1:8080');
      expect(text).toContain('It must listen on 0.0.0.0:8080.');
    });

    test.each([
      ['https', 'tls'],
      ['ssh', 'other'],
      ['http2', 'http2'],
    ])('say that it does not speak HTTP as soon as it is asked: %s', async (kind, seen) => {
      const { backend } = await start(`exec node /fixtures/strange-server.mjs ${kind}`, { TEST_HOST: '0.0.0.0' });
      const answers = new Set<string>();
      const over = new AbortController();
      onTestFinished(() => over.abort());
      waitUntilReady(backend.addresses, over.signal, (answer) => answers.add(answer.kind)).catch(() => undefined);
      await waitFor(() => answers.has(seen), `an answer in ${seen}`);
    });

    test('say that it closes connections, as Docker does while nothing listens inside', async () => {
      const [closing, idle] = await Promise.all([
        start('exec node /fixtures/strange-server.mjs closing', { TEST_HOST: '0.0.0.0' }),
        start('exec sleep 600'),
      ]);
      await waitFor(() => closing.output().includes('listening'), 'it to listen');
      expect(await closing.backend.explainNotReady({ kind: 'closed' })).toContain('closes them without an answer');
      expect(await idle.backend.explainNotReady({ kind: 'closed' })).toBeUndefined();
    });

    test('are empty for one that has ended', async () => {
      const { backend } = await start('exit 0');
      await backend.exited;
      expect(await backend.explainNotReady()).toBeUndefined();
    });
  });

  test('the image itself still exists after all these tests', async () => {
    // Other tests may have built the same image under other names.
    expect(JSON.parse(await docker('image', 'inspect', '--format', '{{json .RepoTags}}', image()))).toContain(image());
  });
});
