import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/cli/commands/doctor/finding.js';
import { endLeftovers } from '../../src/processes/leftovers.js';
import { listServerRecords, tracesOf } from '../../src/records/server-records.js';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { runCli, startDev } from '../support/cli.js';
import { post } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const SERVER = {
  Version: '27.0.1',
  ApiVersion: '1.44',
  Os: 'linux',
  Arch: 'arm64',
  KernelVersion: '0.0.1-elsewhere',
};

/** A project whose dev server takes any free ports. */
function makeEchoProject(more: Record<string, string | object> = {}): string {
  return makeProject({ 'jamsocket.config.json': { command: ECHO, port: 0, proxyPort: 0 }, ...more });
}

/** A PATH that contains only a `docker` running this script, or nothing if there is no script. */
function pathWithDocker(script?: string): string {
  const bin = makeTempFolder();
  if (script !== undefined) writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return bin;
}

/** A docker client of an empty engine with this version; its `buildx` runs this script. */
async function dockerOf(version: object, buildx = 'echo "unknown command" >&2; exit 1'): Promise<string> {
  const socket = join(makeTempFolder(), 's');
  const engine = createHttpServer((request, response) =>
    response.end(JSON.stringify(request.url?.startsWith('/version') ? version : [])),
  ).listen(socket);
  await once(engine, 'listening');
  onTestFinished(() => void engine.close());
  const context = {
    Name: 'default',
    Endpoints: { docker: { Host: `unix://${socket}`, SkipTLSVerify: false } },
    TLSMaterial: {},
    Storage: { TLSPath: '<IN MEMORY>' },
  };
  return pathWithDocker(`case "$1" in
--version) echo 'Docker version 28.2.2, build e6534b4' ;;
context) echo '${JSON.stringify(context)}' ;;
buildx) ${buildx} ;;
*) exit 1 ;;
esac`);
}

async function examine(folder: string, env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await runCli(['doctor', folder, '--json'], { cwd: makeTempFolder(), env });
  expect(stderr).toBe('');
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(code === 0);
  return { code, findings, find: (check: string) => findings.filter((finding) => finding.check === check) };
}

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe('a healthy project', () => {
  test('has a line for each check, exits 0, and is left unchanged', async () => {
    const folder = makeEchoProject();
    const home = makeTempFolder();
    const env = {
      PATH: `${await dockerOf({ ...SERVER, Arch: 'amd64' })}:${dirname(process.execPath)}`,
      XDG_STATE_HOME: home,
    };
    const { code, stdout, stderr } = await runCli(['doctor'], { cwd: folder, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const line of [
      /^ok {7}node {11}Node\.js \d+\.\d+\.\d+ on /m,
      /^ok {7}config {9}node .*echo-server\.mjs \(jamsocket\.config\.json\)$/m,
      /^ok {7}docker client {2}version 28\.2\.2$/m,
      /^ok {7}docker engine {2}version 27\.0\.1, linux\/amd64$/m,
      /^ok {7}emulation {6}images for linux\/amd64 run natively$/m,
      /^ok {7}warm starts {4}1 process ahead of time$/m,
      /^ok {7}API port {7}any free port$/m,
      /^ok {7}proxy port {5}any free port$/m,
      /^(ok {7}|warning {2})file watching {2}\d+ folders/m,
      /^ok {7}state folder {3}.*is writable$/m,
      /^ok {7}logs {11}none/m,
      /^ok {7}leftovers {6}none/m,
      /^ok {7}dev server {5}none is running for this project$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stdout).toMatch(/\n(No problems found|1 warning)\.\n$/);
    expect(readdirSync(folder)).toEqual(['jamsocket.config.json']);
    expect(readdirSync(home)).toEqual([]);
  });
});

test('says what a running dev server has started ahead of time', async () => {
  const dev = await startDev(makeEchoProject());
  await waitFor(async () => {
    const { find } = await examine(dev.folder);
    return find('warm starts')[0]?.text === '1 process ahead of time\nready now: 1 of 1 warm';
  }, 'a warm process');
});

test('explains warm starts for each service', async () => {
  const services = {
    plain: { command: 'node server.mjs' },
    script: { command: 'npm start', warm: 4 },
    off: { command: 'node server.mjs', warm: 0 },
    python: { command: 'python3 server.py', warmPool: 2 },
    debugged: { command: 'node server.mjs', env: { NODE_OPTIONS: '--inspect' }, warm: 3 },
    image: { dockerfile: 'Dockerfile', warm: 2 },
  };
  const files = { Dockerfile: 'FROM scratch', 'package.json': { scripts: { start: 'node server.mjs' } } };
  const config = { services, port: 0, proxyPort: 0 };
  const folder = makeProject({ ...files, 'jamsocket.config.json': config });
  const examineWith = async (docker: string) => {
    const { find } = await examine(folder, { PATH: `${docker}:${dirname(process.execPath)}:${process.env.PATH}` });
    return find('warm starts').map(({ status, text }) => `${status} ${text}`);
  };
  const withEngine = await examineWith(await dockerOf({ ...SERVER, Arch: 'amd64', KernelVersion: release() }));
  expect(withEngine).toEqual([
    'ok plain: 1 process ahead of time',
    'ok script: 4 processes ahead of time',
    'ok off: none ("warm" is 0)',
    'ok python: a warm pool of 2; no warm starts: its command is not plain node.',
    'ok debugged: none: it has --inspect: a debugger would meet the process while it waits.',
    'ok image: 2 containers ahead of time',
  ]);
  const without = await examineWith(pathWithDocker('exit 1'));
  expect(without).toEqual([...withEngine.slice(0, -1), 'ok image: none: no Docker Engine answers.']);
});

describe('the config', () => {
  test.each([
    ['that is invalid', { 'jamsocket.config.json': { comand: 'x' } }, 'unknown key "comand"'],
    ['with nothing to run', {}, 'nothing to run'],
  ])('%s is a failure, and all other checks still run', async (_name, files, says) => {
    const { code, find, findings } = await examine(makeProject(files));
    expect(code).toBe(1);
    expect(find('config')).toMatchObject([{ status: 'failure', text: expect.stringContaining(says) }]);
    expect(findings.length).toBeGreaterThan(8);
  });

  test.each([
    ['variables', { envFile: 'no.env', command: ECHO }, "no.env can't be read: it does not exist (ENOENT)", 'envFile'],
    ['a Dockerfile', { dockerfile: 'no/Dockerfile' }, 'There is no Dockerfile ', '"dockerfile"'],
  ])('that refers to a missing file is a failure: %s', async (_name, config, says, remedy) => {
    const { code, find } = await examine(
      makeProject({ 'jamsocket.config.json': { ...config, port: 0, proxyPort: 0 } }),
    );
    expect(code).toBe(1);
    expect(find('config')).toMatchObject([
      { status: 'failure', text: expect.stringContaining(says), remedy: expect.stringContaining(remedy) },
    ]);
  });

  test('can be chosen with --config', async () => {
    const folder = makeProject({ 'other.json': { command: 'node other.js', port: 0, proxyPort: 0 } });
    const { stdout } = await runCli(['doctor', '--config', 'other.json'], { cwd: folder });
    expect(stdout).toContain('node other.js (other.json)');
  });

  test('that is in a missing folder ends the command', async () => {
    const { code, stdout, stderr } = await runCli(['doctor', 'nowhere'], { cwd: makeTempFolder() });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('There is no folder');
  });
});

describe('docker', () => {
  const containers = {
    Dockerfile: 'FROM scratch\n',
    'jamsocket.config.json': { runtime: 'docker', port: 0, proxyPort: 0 },
  };

  test('is a warning if it is missing and not needed', async () => {
    const { code, find } = await examine(makeEchoProject(), { PATH: pathWithDocker() });
    expect(code).toBe(0);
    expect(find('docker client')).toMatchObject([{ status: 'warning', text: expect.stringContaining('no "docker"') }]);
    expect(find('emulation')).toEqual([]);
  });

  test('is a warning if it is missing and child processes can be used instead', async () => {
    const files = { Dockerfile: 'FROM scratch\n', 'package.json': { scripts: { start: ECHO } } };
    const folder = makeProject({ ...files, 'jamsocket.config.json': { port: 0, proxyPort: 0 } });
    const { code, find } = await examine(folder, { PATH: pathWithDocker() });
    expect(code).toBe(0);
    expect(find('docker client')).toMatchObject([
      { status: 'warning', text: expect.stringContaining('child processes') },
    ]);
  });

  test('is a failure if it is missing and required', async () => {
    const { code, find } = await examine(makeProject(containers), { PATH: pathWithDocker() });
    expect(code).toBe(1);
    expect(find('docker client')).toMatchObject([
      { status: 'failure', remedy: expect.stringContaining('Install Docker') },
    ]);
  });

  test('that hangs is given up after five seconds, and all other checks are reported', async () => {
    // Longer than the timeout of a test.
    const path = pathWithDocker('exec /bin/sleep 600');
    const { code, find, findings } = await examine(makeProject(containers), { PATH: path });
    expect(code).toBe(1);
    expect(find('docker engine')).toMatchObject([
      { status: 'failure', text: expect.stringContaining('no answer within 5 s') },
    ]);
    expect(findings.filter(({ status }) => status === 'failure')).toHaveLength(1);
    expect(find('dev server')).toMatchObject([{ status: 'ok' }]);
  });

  test.each(['', 'hello', '{}'])('whose client prints %j instead of its context is a failure', async (printed) => {
    const { code, find } = await examine(makeProject(containers), { PATH: pathWithDocker(`echo '${printed}'`) });
    expect(code).toBe(1);
    expect(find('docker engine')).toMatchObject([
      { status: 'failure', text: expect.stringContaining('printed no context') },
    ]);
  });

  test("on another processor needs emulation, as the builder's platforms show", async () => {
    const folder = makeProject(containers);
    const able = await dockerOf(SERVER, 'echo "Platforms: linux/arm64, linux/amd64"');
    expect((await examine(folder, { PATH: able })).find('emulation')).toMatchObject([{ status: 'ok' }]);
    const unable = await examine(folder, { PATH: await dockerOf(SERVER, 'echo "Platforms: linux/arm64"') });
    expect(unable.code).toBe(1);
    expect(unable.find('emulation')).toMatchObject([{ status: 'failure', remedy: expect.stringContaining('binfmt') }]);
    const silent = await examine(folder, { PATH: await dockerOf(SERVER) });
    expect(silent.code).toBe(0);
    expect(silent.find('emulation')).toMatchObject([{ status: 'warning' }]);
  });

  test('on a processor of this kind needs no emulation', async () => {
    const native = { ...containers['jamsocket.config.json'], platform: 'native' };
    const folder = makeProject({ ...containers, 'jamsocket.config.json': native });
    const { code, find } = await examine(folder, { PATH: await dockerOf(SERVER) });
    expect(code).toBe(0);
    expect(find('emulation')).toEqual([]);
  });
});

describe('ports', () => {
  test('that are taken are a failure that names the process', async () => {
    const port = await takePort();
    const folder = makeProject({ 'jamsocket.config.json': { command: ECHO, port: 0, proxyPort: port } });
    const { code, find } = await examine(folder);
    expect(code).toBe(1);
    expect(find('API port')).toMatchObject([{ status: 'ok' }]);
    expect(find('proxy port')).toMatchObject([
      {
        status: 'failure',
        text: expect.stringContaining(`pid ${process.pid}`),
        remedy: expect.stringContaining('--proxy-port'),
      },
    ]);
  });

  test('of the project’s own dev server are fine; in another project they are reported as that project’s', async () => {
    const env = { XDG_STATE_HOME: makeTempFolder() };
    const folder = makeEchoProject();
    const dev = await startDev(folder, [], { env });
    const ports = { port: Number(new URL(dev.apiUrl).port), proxyPort: Number(new URL(dev.proxyUrl).port) };
    writeFileSync(join(folder, 'jamsocket.config.json'), JSON.stringify({ command: ECHO, ...ports }));
    const own = await examine(folder, env);
    expect(own.code).toBe(0);
    for (const check of ['API port', 'proxy port']) {
      expect(own.find(check)).toMatchObject([{ status: 'ok', text: expect.stringContaining('this project') }]);
    }
    expect(own.find('dev server')).toMatchObject([{ status: 'ok', text: expect.stringContaining(dev.apiUrl) }]);

    const other = await examine(makeProject({ 'jamsocket.config.json': { command: ECHO, ...ports } }), env);
    expect(other.code).toBe(1);
    expect(other.find('API port')).toMatchObject([
      { status: 'failure', text: expect.stringContaining(`the dev server for ${folder} (pid ${dev.process.pid})`) },
    ]);
    expect(other.find('dev server')).toMatchObject([{ text: expect.stringContaining('none') }]);
  });
});

test('reports what a killed dev server left behind, and leaves it for the next one', async () => {
  const folder = makeEchoProject();
  const dev = await startDev(folder, ['--command', `node ${fixture('family.mjs')} daemon`]);
  await post(`${dev.apiUrl}/v2/service/-/-/connect`, {});
  const daemon = Number((await waitFor(() => /pids (\d+)/.exec(dev.stdout()), 'the daemon'))[1]);
  dev.process.kill('SIGKILL');
  await dev.exit;
  // Cleans up even if an expectation fails.
  const state = stateFolderOf(folder);
  const left = tracesOf(
    state,
    (await listServerRecords(state)).map(({ record }) => record),
  );
  onTestFinished(async () => void (await endLeftovers(left)));
  const { code, find } = await examine(folder);
  expect(code).toBe(0);
  const [finding] = find('leftovers');
  expect(finding).toMatchObject({ status: 'warning', remedy: expect.stringContaining('jamdev dev') });
  expect(finding?.text).toContain('2 processes');
  expect(finding?.text).toContain(String(daemon));
  expect(await living([daemon])).toEqual([daemon]);
  expect(find('logs')[0]?.text).toMatch(/^of 1 backend, \d+ B \(/);
  await startDev(folder);
  expect((await examine(folder)).find('leftovers')).toMatchObject([{ status: 'ok' }]);
});

test('warns about a dev server that does not answer', async () => {
  const folder = makeEchoProject();
  const dev = await startDev(folder);
  dev.process.kill('SIGSTOP');
  onTestFinished(() => void dev.process.kill('SIGCONT'));
  const { code, find } = await examine(folder);
  dev.process.kill('SIGCONT');
  expect(code).toBe(0);
  expect(find('dev server')).toMatchObject([
    {
      status: 'warning',
      text: `The dev server at ${dev.apiUrl} does not answer (no answer within 5 s, it is suspended; pid ${dev.process.pid}, ${folder}).`,
      remedy: `Continue it with fg in its terminal, or: kill -CONT ${dev.process.pid}`,
    },
  ]);
});
