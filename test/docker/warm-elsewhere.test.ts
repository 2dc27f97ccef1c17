import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Engine } from '../../src/docker-engine/engine.js';
import { removeImage } from '../../src/images/classic-stages.js';
import { listenToDebugLog } from '../../src/os/debug/debug-log.js';
import type { ContainerBuild } from '../../src/runtime/runtime.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { describeDocker, testEngine } from './support.js';
import { buildProgram, makeRuntime } from './warm-runtime.js';

/** How a Docker Engine in the virtual machine of Docker Desktop describes itself. */
const DOCKER_DESKTOP = {
  KernelVersion: '6.10.14-linuxkit',
  Platform: { Name: 'Docker Desktop 4.40.0 (187762)' },
};
const LOOPBACK = '127.0.0.1';

/** Opens a socket that forwards to the test engine and reports the version of Docker Desktop. @returns its path */
async function openDockerDesktop(): Promise<string> {
  const { address } = testEngine().endpoint;
  const version = { ...(await testEngine().request<object>('GET', '/version')), ...DOCKER_DESKTOP };
  const body = JSON.stringify(version);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy()).on('close', () => open.delete(client));
    client.once('data', (first) => {
      if (/^GET \S*\/version /.test(first.toString('latin1')))
        return client.end(`${head}Connection: close\r\n\r\n${body}`);
      const engine = connect('path' in address ? { path: address.path } : address);
      engine.on('error', () => client.destroy());
      engine.write(first);
      client.pipe(engine).pipe(client);
    });
  });
  const path = join(makeTempFolder(), 'docker.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const each of open) each.destroy();
    server.close();
  });
  return path;
}

describeDocker('engines whose containers share no pipes with this machine', () => {
  let build: ContainerBuild;

  beforeAll(async () => {
    build = await buildProgram(['CMD ["node", "app.cjs"]']);
  });

  afterAll(async () => {
    if (build !== undefined) await removeImage(testEngine(), build.image);
  });

  test.each<[what: string, connectTo: () => Promise<Engine>, said: string]>([
    [
      'Docker Desktop',
      async () => {
        const path = await openDockerDesktop();
        return new Engine({ url: `unix://${path}`, address: { path }, environment: { DOCKER_HOST: `unix://${path}` } });
      },
      'The Docker Engine runs in a virtual machine, which shares no pipes with this one',
    ],
    [
      'another machine',
      async () => {
        const { endpoint } = testEngine();
        return new Engine({ ...endpoint, remote: { publishAt: LOOPBACK, reachAt: LOOPBACK } });
      },
      'The Docker Engine is on another machine',
    ],
  ])(
    '%s: that is reported once for all services and builds, and sessions start as usual',
    async (_what, connectTo, said) => {
      const engine = await connectTo();
      onTestFinished(() => engine.close());
      await engine.version();
      const decisions: string[] = [];
      listenToDebugLog(({ text }) => void decisions.push(text));
      const { runtime, spawn } = makeRuntime(engine);
      const remarks: string[] = [];
      const order = { warm: undefined, warmPool: 0, onRemark: (text: string) => void remarks.push(text) };
      const orders = ['one', 'two'].flatMap((service) =>
        [1, 2].map((number) => ({ service, build: { ...build, number } })),
      );
      for (const [index, each] of orders.entries()) {
        runtime.standBy({ ...order, ...each });
        const decided = () => decisions.filter((text) => text.includes('no containers ahead of time')).length;
        await waitFor(() => decided() === index + 1, 'the decision');
      }
      expect(remarks).toEqual([`${said}: containers start when they are asked for, none ahead of time.`]);
      expect(runtime.poolObstacle()).toBe(`${said}, so that containers can't reach their control sockets.`);
      const { backend, isWarm, printed } = await spawn(build, { MODE: 'exit', OF: 'session' });
      expect({ isWarm, code: (await backend.exited).code, ...printed }).toEqual({
        isWarm: false,
        code: 3,
        stdout: '',
        stderr: '',
      });
    },
  );
});
