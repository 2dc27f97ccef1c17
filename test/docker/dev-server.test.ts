import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pause } from '../../src/os/clock.js';
import { runCli, startCli, startDev, untilWatching } from '../support/cli.js';
import { openStream, post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { cleanUp, containersOf, describeDocker, docker, followEvents, imagesOf } from './support.js';

const DOCKERFILE =
  'FROM node:22-slim\nCOPY server.js /server.js\nRUN node --check /server.js\nCMD ["node", "/server.js"]\n';

/** The port is hard-coded to 8080, as in most production backends. */
const server = (version: string) => `
process.on('SIGTERM', () => { console.log('saving'); process.exit(0); });
require('http').createServer((request, response) => {
  if (request.url === '/crash') process.exit(4);
  if (request.url === '/eat') for (const all = []; ; ) all.push(Buffer.alloc(4 * 1024 * 1024, 1));
  response.end(JSON.stringify({ version: '${version}', key: process.env.SESSION_BACKEND_KEY, port: process.env.PORT }));
}).listen(8080, () => console.log('up'));
`;

interface Connected {
  url: string;
  backend_id: string;
  spawned: boolean;
}

async function startProject(config: object = {}, args: string[] = []) {
  const folder = makeProject({
    Dockerfile: DOCKERFILE,
    'server.js': server('one'),
    'jamsocket.config.json': { dockerfile: './Dockerfile', ...config },
  });
  const dev = await startDev(folder, args);
  onTestFinished(() => cleanUp(dev));
  await waitFor(() => /build {2}1: (done|failed)/.test(dev.stdout()), 'the image');
  const connect = async (body: object = {}) =>
    (await post(`${dev.apiUrl}/v2/service/-/-/connect`, body)).json<Connected>();
  const save = (text: string) => writeFileSync(join(folder, 'server.js'), text);
  return { dev, folder, connect, save };
}

describeDocker('jamdev dev with a Dockerfile', () => {
  test('builds, spawns, locks a key, keeps logs, and leaves nothing in the engine', async () => {
    const { dev, folder, connect } = await startProject();
    const first = await connect({ key: 'doc-1' });
    expect((await send(`${first.url}a?b`)).json()).toEqual({ version: 'one', key: 'doc-1', port: '8080' });
    expect(await connect({ key: 'doc-1' })).toMatchObject({ backend_id: first.backend_id, spawned: false });
    const ports = await docker('port', `jamdev-${first.backend_id}`);
    expect(ports.split('\n').every((line) => line.includes('127.0.0.1:'))).toBe(true);
    await send(`${first.url}crash`).catch(() => undefined);
    await waitFor(() => dev.stdout().includes('crashed: exit code 4'), 'the crash');
    expect((await runCli(['logs', 'doc-1'], { cwd: folder })).stdout).toContain('up\n');
    const second = await connect({ key: 'doc-1' });
    expect(second.spawned).toBe(true);
    await send(second.url);
    expect(await imagesOf(folder)).toHaveLength(1);
    dev.process.kill('SIGINT');
    expect(await dev.exit).toBe(0);
    expect(dev.stdout()).toContain('saving');
    expect(await containersOf(folder)).toEqual([]);
    expect(await imagesOf(folder)).toEqual([]);
  });

  test.each([0, 20, 60, 120])(
    'a crash is still reported when the backend is terminated %d ms after the container died',
    async (delayMs) => {
      const { dev, connect } = await startProject();
      const { url, backend_id } = await connect({ key: 'k' });
      await send(url);
      const died = docker('wait', `jamdev-${backend_id}`);
      const [code] = await Promise.all([died, send(`${url}crash`).catch(() => undefined)]);
      expect(code).toBe('4');
      await pause(delayMs);
      // It may have been removed by then: 409.
      await post(`${dev.apiUrl}/v2/backend/${backend_id}/terminate`, { hard: delayMs > 20 });
      const info = async () => (await send(`${dev.apiUrl}/v2/backend/${backend_id}`)).json<{ statuses: object[] }>();
      const last = await waitFor(async () => {
        const status = (await info()).statuses.at(-1);
        return status !== undefined && 'exit_code' in status ? status : undefined;
      }, 'its end');
      expect(last).toMatchObject({ status: 'terminated', exit_code: 4 });
      expect(last).not.toHaveProperty('termination_reason');
    },
  );

  test('a container killed for its memory is reported as that in logs, status, list, and the terminal', async () => {
    const { dev, folder, connect } = await startProject();
    const spawn = { executable: { resource_limits: { memory_limit_bytes: 64 * 1024 * 1024 } } };
    const { url } = await connect({ key: 'k', spawn });
    expect((await send(url)).json()).toMatchObject({ version: 'one' });
    const follower = startCli(['logs', 'k'], { cwd: folder });
    await waitFor(() => follower.stdout().includes('up\n'), 'its first line');
    await send(`${url}eat`).catch(() => undefined);
    const cause = 'It ran out of memory: its limit is 64 MiB.';
    expect(await follower.exit).toBe(0);
    expect(follower.stdout()).toBe(`up\njamdev: terminated (crashed: SIGKILL, exit code 137). ${cause}\n`);
    expect((await runCli(['status', 'k'], { cwd: folder })).stdout).toContain(`(crashed: exit code 137). ${cause}`);
    const listed = JSON.parse((await runCli(['list', '--all', '--json'], { cwd: folder })).stdout);
    expect(listed).toMatchObject([{ explanation: cause, status: { exit_error: true } }]);
    expect((await send(url)).text).toContain(cause);
    await waitFor(() => dev.stdout().includes('crashed: SIGKILL, exit code 137'), 'the crash');
    expect(dev.stdout().split(cause)).toHaveLength(2);
  });

  test('an idle container is swept softly', async () => {
    const { dev, connect } = await startProject();
    const { url } = await connect({ key: 'k', spawn: { max_idle_seconds: 10 } });
    // It must be up before, to save: a request that waits for it keeps it, however long the start takes.
    await send(url);
    await waitFor(() => dev.stdout().includes('terminating (swept: no client was connected for'), 'the sweep');
    await waitFor(() => dev.stdout().includes('saving'), 'it to save');
  });

  test('restart: the same URL reaches the new image, and a failed build in between ends no session', async () => {
    const { dev, folder, connect, save } = await startProject({ onChange: 'restart' });
    const { url, backend_id } = await connect({ key: 'k' });
    expect((await send(url)).json()).toMatchObject({ version: 'one' });
    const statuses = await openStream(`${dev.apiUrl}/v2/backend/${backend_id}/status/stream`);
    await untilWatching(dev);
    save('this is { not JavaScript');
    await waitFor(() => /build {2}2: failed/.test(dev.stdout()), 'the failure');
    expect(dev.stdout()).toContain('SyntaxError');
    expect((await send(url)).json()).toMatchObject({ version: 'one' });
    save(server('two'));
    await waitFor(async () => (await send(url)).json().version === 'two', 'the new code');
    expect(statuses.chunks.join('').match(/"status"/g)).toHaveLength(5);
    const built = await runCli(['build'], { cwd: folder });
    expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('done in') });
  });

  test('restart: no request is lost, one container lives at a time, the newest wins, and nothing is left', async () => {
    // Standby containers would appear among the events.
    const { dev, folder, connect, save } = await startProject({ onChange: 'restart', warm: 0 });
    const actions = followEvents(folder, ['start', 'die']);
    const { url } = await connect({ key: 'k' });
    await untilWatching(dev);
    const order = ['one', 'two', 'three', 'four'];
    const statuses = new Set<number>();
    const failures: string[] = [];
    let go = true;
    const clients = Array.from({ length: 4 }, async () => {
      const met: number[] = [];
      while (go) {
        const { status, json, text } = await send(url);
        statuses.add(status);
        if (status !== 200) failures.push(text);
        met.push(order.indexOf(json<{ version: string }>().version));
        await pause(5);
      }
      return met;
    });
    await waitFor(() => statuses.size > 0, 'the first answer');
    save(server('two'));
    await waitFor(async () => (await send(url)).json().version === 'two', 'the new code');
    save(server('three'));
    await waitFor(() => /replaced by build 3/.test(dev.stdout()), 'the swap to begin');
    save(server('four'));
    await waitFor(async () => (await send(url)).json().version === 'four', 'the newest code');
    go = false;
    const metByAll = await Promise.all(clients);
    expect(failures).toEqual([]);
    for (const met of metByAll) expect(met).toEqual(met.toSorted());
    expect([...statuses]).toEqual([200]);

    dev.process.kill('SIGINT');
    expect(await dev.exit).toBe(0);
    expect(await containersOf(folder)).toEqual([]);
    expect(await imagesOf(folder)).toEqual([]);
    // At least one of each version except the third, which may have been replaced before it started.
    await waitFor(() => actions().length >= 6 && actions().length % 2 === 0, 'the events of all containers');
    expect(actions()).toEqual(actions().map((_, index) => (index % 2 === 0 ? 'start' : 'die')));
  });

  test('terminate and keep behave as documented', async () => {
    const { dev, connect, save } = await startProject({ onChange: 'keep' });
    const { url } = await connect({ key: 'old' });
    await send(url);
    await untilWatching(dev);
    save(server('two'));
    await waitFor(() => /build {2}2: done/.test(dev.stdout()), 'the build');
    expect((await send((await connect({ key: 'new' })).url)).json()).toMatchObject({ version: 'two' });
    expect((await send(url)).json()).toMatchObject({ version: 'one' });

    const ending = await startProject({ onChange: 'terminate' });
    const before = await ending.connect({ key: 'k' });
    await send(before.url);
    await untilWatching(ending.dev);
    ending.save(server('two'));
    await waitFor(() => / terminated \(/.test(ending.dev.stdout()), 'the end');
    expect((await send((await ending.connect({ key: 'k' })).url)).json()).toMatchObject({ version: 'two' });
  });

  test('the next start removes what kill -9 left, but nothing of a living dev server', async () => {
    const { dev, folder, connect } = await startProject();
    const { url, backend_id } = await connect({ key: 'k' });
    await send(url);
    expect((await runCli(['exec', '--', 'true'], { cwd: folder })).code).toBe(0);
    const own = await containersOf(folder);
    const backend = await docker('inspect', '--format', '{{.Id}}', `jamdev-${backend_id}`);
    expect(own.some((id) => backend.startsWith(id))).toBe(true);
    dev.process.kill('SIGKILL');
    await dev.exit;
    expect(await containersOf(folder)).toEqual(expect.arrayContaining(own));
    const next = await startDev(folder);
    onTestFinished(() => cleanUp(next));
    const left = await containersOf(folder);
    expect(own.filter((id) => left.includes(id))).toEqual([]);
  });

  test('a standby container exits on its own when its dev server is killed', async () => {
    const { dev, folder } = await startProject();
    const running = async () => {
      const filters = ['--filter', `label=dev.jamdev.project=${folder}`, '--filter', 'label=dev.jamdev.slot'];
      return (await docker('ps', '--quiet', ...filters)) !== '';
    };
    await waitFor(running, 'a container ahead of time');
    const [id = ''] = await containersOf(folder);
    // Before its Node.js has opened the pipe, only the next start would end it.
    const isWaiting = async () => !(await docker('exec', id, 'ls', '/jamdev-standby')).includes('reports');
    await waitFor(isWaiting, 'it to stand by');
    dev.process.kill('SIGKILL');
    await dev.exit;
    await waitFor(async () => !(await running()), 'its end');
  });

  test('a container and a child process side by side have separate keys, images, environments and logs', async () => {
    const folder = makeProject({
      'doc/Dockerfile': DOCKERFILE,
      'doc/server.js': server('one'),
      'chat/server.js': `require('http').createServer((q, s) => s.end('chat ' + process.env.SESSION_BACKEND_KEY + ' ' + process.env.TEST_OF)).listen(process.env.PORT, () => console.log('chat is up'))`,
      'jamsocket.config.json': {
        services: {
          doc: { dockerfile: './doc/Dockerfile', dockerOptions: { path: './doc' }, onChange: 'restart', warm: 0 },
          chat: { command: 'node chat/server.js', watch: ['chat'], env: { TEST_OF: 'chat' } },
        },
      },
    });
    const dev = await startDev(folder);
    onTestFinished(() => cleanUp(dev));
    await untilWatching(dev);
    await waitFor(() => /build {2}doc 1: done/.test(dev.stdout()), 'the image');
    const connect = async (service: string) =>
      (await post(`${dev.apiUrl}/v2/service/-/${service}/connect`, { key: 'k' })).json<Connected>();
    const [doc, chat] = await Promise.all([connect('doc'), connect('chat')]);
    expect(doc.backend_id).not.toBe(chat.backend_id);
    expect((await send(doc.url)).json()).toEqual({ version: 'one', key: 'k', port: '8080' });
    expect((await send(chat.url)).text).toBe('chat k chat');
    expect(await containersOf(folder)).toHaveLength(1);
    await docker('inspect', '--type', 'container', `jamdev-${doc.backend_id}`);
    writeFileSync(join(folder, 'doc', 'server.js'), server('two'));
    await waitFor(async () => (await send(doc.url)).text.includes('two'), 'the new image at the same URL');
    // The other one is unaffected.
    expect(dev.stdout()).not.toMatch(/build {2}chat 2/);
    expect(await connect('chat')).toMatchObject({ backend_id: chat.backend_id, spawned: false });
    expect((await runCli(['logs', chat.backend_id, '--no-follow'], { cwd: folder })).stdout).toBe('chat is up\n');
    expect((await runCli(['logs', doc.backend_id, '--no-follow'], { cwd: folder })).stdout).toContain('saving\n');
  });

  test('metrics are those of the engine, once a second until the end', async () => {
    const { dev, connect } = await startProject();
    const { url, backend_id: id } = await connect({ key: 'k' });
    await send(url);
    const stream = await openStream(`${dev.apiUrl}/v2/backend/${id}/metrics/stream`);
    const events = () =>
      stream.chunks
        .join('')
        .split('\n\n')
        .slice(0, -1)
        .map((each) => JSON.parse(each.replace(/^data: /, '')));
    await waitFor(() => events().length >= 3, 'three events');
    // The memory of the server, which is larger than the init above it.
    const inEngine =
      Number(
        await docker(
          'exec',
          `jamdev-${id}`,
          'sh',
          '-c',
          'grep -h VmRSS /proc/[0-9]*/status | tr -dc "0-9\\n" | sort -n | tail -1',
        ),
      ) * 1024;
    for (const event of events()) {
      expect(event).toMatchObject({ backend_id: id, cluster: expect.any(String) });
      // Shared pages are counted by only one of the two.
      expect(event.mem_used).toBeGreaterThan(inEngine / 10);
      expect(event.mem_used).toBeLessThan(inEngine * 10);
      expect(event.mem_available).toBeGreaterThan(event.mem_used);
      expect(event.cpu_used).toBeLessThanOrEqual(event.sys_cpu);
      expect(event.sys_cpu).toBeGreaterThan(0);
    }
    await post(`${dev.apiUrl}/v2/backend/${id}/terminate`, {});
    await stream.ended;
    const info = (await send(`${dev.apiUrl}/v2/backend/${id}`)).json<{ max_mem_bytes: number }>();
    expect(info.max_mem_bytes).toBeGreaterThan(inEngine / 10);
  });

  test('twenty backends start at once', async () => {
    const { connect } = await startProject();
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => connect({ key: `k${index}` })));
    const answers = await Promise.all(all.map(async ({ url }) => (await send(url)).json().key));
    expect(answers).toEqual(all.map((_, index) => `k${index}`));
  });
});

test('without an engine, a project with a start script uses child processes and says so, and others end', async () => {
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const files = { Dockerfile: DOCKERFILE, 'server.js': server('one') };
  const dev = await startDev(makeProject({ ...files, 'package.json': { scripts: { start: 'node server.js' } } }), [], {
    env,
  });
  expect(dev.stdout()).toMatch(/Backends run as child processes instead/);
  const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, {})).json<Connected>();
  expect((await send(url)).json()).toMatchObject({ version: 'one' });
  const args = ['dev', '--port', '0', '--proxy-port', '0'];
  const only = await runCli(args, { cwd: makeProject(files), env });
  expect(only.code).toBe(1);
  expect(only.stderr).toMatch(/Docker/);
  const run = await runCli([...args, '--runtime', 'docker'], { cwd: dev.folder, env });
  expect(run.code).toBe(1);
});

test.each([
  ['the config', { 'jamsocket.config.json': { dockerfile: './Dockerfile' } }, []],
  ['the config next to a command', { 'jamsocket.config.json': { dockerfile: 'Dockerfile', command: 'touch ran' } }, []],
  ['a service', { 'jamsocket.config.json': { services: { doc: { dockerfile: './Dockerfile' } } } }, []],
  ['the command line', {}, ['--dockerfile', 'Dockerfile']],
])('without an engine, a Dockerfile named by %s is an error', async (_where, files, args) => {
  const folder = makeProject({ Dockerfile: DOCKERFILE, 'package.json': { scripts: { start: 'touch ran' } }, ...files });
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const { code, stderr } = await runCli(['dev', '--port', '0', '--proxy-port', '0', ...args], { cwd: folder, env });
  expect(code).toBe(1);
  expect(stderr).toContain('The Docker Engine does not answer (unix:///nonexistent/docker.sock)');
  expect(stderr).toContain('Start Docker, or run backends as child processes');
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

test('an unreachable engine is reported at the start', async () => {
  const folder = makeProject({ Dockerfile: DOCKERFILE, 'jamsocket.config.json': { dockerfile: './Dockerfile' } });
  const args = ['dev', '--port', '0', '--proxy-port', '0'];
  for (const DOCKER_HOST of ['ssh://me@far.invalid', 'tcp://127.0.0.1:1']) {
    const { code, stderr } = await runCli(args, { cwd: folder, env: { DOCKER_HOST } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^jamdev: The Docker Engine .*(can't be reached|does not answer)/);
    expect(stderr).toContain(DOCKER_HOST);
  }
});
