import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DevRun, runCli, startDev, untilWatching } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** A backend that answers with its version and its variables. */
const server = (version: string) => `
console.log('up as ' + process.env.JAMSOCKET_SERVICE);
const own = Object.entries(process.env).filter(([name]) => /^(TEST_|PORT$|JAMSOCKET_|SESSION_BACKEND_KEY)/.test(name));
require('http').createServer((request, response) => {
  response.end(JSON.stringify({ version: '${version}', pid: process.pid, env: Object.fromEntries(own) }));
}).listen(process.env.PORT);
`;

interface Answer {
  version: string;
  pid: number;
  env: Record<string, string>;
}

interface Connected {
  backend_id: string;
  url: string;
  spawned: boolean;
}

/** Two services, each with a folder, a build, a watch list and variables of its own. */
const TWO_SERVICES = {
  'jamdev.config.json': {
    env: { TEST_COMMON: 'config' },
    services: {
      doc: { folder: 'doc', command: 'node server.js', build: 'node --check server.js', env: { TEST_OWN: 'doc' } },
      chat: {
        folder: 'chat',
        command: 'node server.js',
        build: 'node --check server.js',
        env: { TEST_OWN: 'chat', TEST_COMMON: 'chat' },
        watch: 'chat/server.js',
        onChange: 'restart',
      },
    },
  },
  'doc/server.js': server('one'),
  'chat/server.js': server('one'),
  'chat/notes.txt': '',
};

async function start(files: Record<string, string | object> = {}, args: string[] = []) {
  const folder = makeProject({ ...TWO_SERVICES, ...files });
  const dev = await startDev(folder, args);
  const save = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const cli = (...words: string[]) => runCli(words, { cwd: folder });
  return { dev, folder, save, cli };
}

async function connect(dev: DevRun, service: string, body: object = {}): Promise<Connected> {
  const answer = await post(`${dev.apiUrl}/v2/service/-/${service}/connect`, body);
  expect(answer.text).not.toContain('"error"');
  return answer.json<Connected>();
}

async function ask({ url }: Connected): Promise<Answer> {
  const { status, text } = await send(url);
  expect([status, text]).toEqual([200, expect.stringContaining('version')]);
  return JSON.parse(text);
}

const envOf = async (connected: Connected) => (await ask(connected)).env;

/** The number of a service's newest successful build. */
async function buildOf(dev: DevRun, service: string): Promise<number> {
  const info = (await send(`${dev.apiUrl}/v2/service/-/${service}`)).json<{ last_image_digest: string | null }>();
  return Number(info.last_image_digest?.replace('build-', '') ?? 0);
}

const statusOf = async (dev: DevRun, { backend_id }: Connected) =>
  (await send(`${dev.apiUrl}/v2/backend/${backend_id}/status`)).json<{ status: string }>().status;

describe('several services', () => {
  test('keep keys apart: each holds the same key with a backend of its own', async () => {
    const { dev } = await start();
    const [doc, chat] = await Promise.all([connect(dev, 'doc', { key: 'k' }), connect(dev, 'chat', { key: 'k' })]);
    expect([doc.spawned, chat.spawned]).toEqual([true, true]);
    expect((await ask(doc)).pid).not.toBe((await ask(chat)).pid);
    for (const [service, { backend_id }] of Object.entries({ doc, chat })) {
      expect(await connect(dev, service, { key: 'k' })).toMatchObject({ backend_id, spawned: false });
    }
    await post(`${dev.apiUrl}/v2/backend/${doc.backend_id}/terminate`, { hard: true });
    await waitFor(async () => (await statusOf(dev, doc)) === 'terminated', 'its end');
    expect(await connect(dev, 'chat', { key: 'k' })).toMatchObject({ backend_id: chat.backend_id, spawned: false });
    expect(await connect(dev, 'doc', { key: 'k' })).toMatchObject({ spawned: true });
  });

  test('keep variables apart: their own override common ones, which override env files', async () => {
    const { dev } = await start({
      '.env': 'TEST_FILE=project\nTEST_SHARED=project\nTEST_COMMON=project\n',
      'doc/.env': 'TEST_FILE=doc\nTEST_OWN=file\n',
    });
    const request = { key: 'k', spawn: { executable: { env: { TEST_REQUEST: 'doc' } } } };
    expect(await envOf(await connect(dev, 'doc', request))).toEqual({
      JAMSOCKET_SERVICE: 'doc',
      PORT: expect.any(String),
      SESSION_BACKEND_KEY: 'k',
      TEST_COMMON: 'config',
      TEST_FILE: 'doc',
      TEST_OWN: 'doc',
      TEST_REQUEST: 'doc',
      TEST_SHARED: 'project',
    });
    expect(await envOf(await connect(dev, 'chat', { key: 'k' }))).toEqual({
      JAMSOCKET_SERVICE: 'chat',
      PORT: expect.any(String),
      SESSION_BACKEND_KEY: 'k',
      TEST_COMMON: 'chat',
      TEST_FILE: 'project',
      TEST_OWN: 'chat',
      TEST_SHARED: 'project',
    });
  });

  test('"-" is the first service, and an unknown one gives 404 with the known names', async () => {
    const { dev, cli } = await start();
    expect(await envOf(await connect(dev, '-'))).toMatchObject({ JAMSOCKET_SERVICE: 'doc' });
    expect(await cli('spawn', '--key', 'k', '--json')).toMatchObject({ code: 0 });
    expect(await connect(dev, 'doc', { key: 'k' })).toMatchObject({ spawned: false });
    for (const path of ['/v2/service/-/nope/connect', '/user/-/service/nope/spawn']) {
      expect((await post(`${dev.apiUrl}${path}`, {})).json()).toMatchObject({
        error: {
          status: 404,
          code: 'ServiceNotFound',
          message: 'There is no service "nope". Known services: doc, chat.',
        },
      });
    }
    expect(await cli('connect', 'nope')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Known services: doc, chat.'),
    });
  });

  test('keep logs apart, and merged lines name the service', async () => {
    const { dev, cli } = await start();
    const [doc, chat] = [await connect(dev, 'doc', { key: 'k' }), await connect(dev, 'chat', { key: 'k' })];
    await Promise.all([ask(doc), ask(chat)]);
    expect((await cli('logs', doc.backend_id, '--no-follow')).stdout).toBe('up as doc\n');
    expect((await cli('logs', chat.backend_id, '--no-follow')).stdout).toBe('up as chat\n');
    const both = (await cli('logs', '--no-follow')).stdout.trim().split('\n').sort();
    expect(both).toEqual(['chat/k | up as chat', 'doc/k | up as doc']);
    for (const command of ['logs', 'status', 'terminate']) {
      const { code, stderr } = await cli(command, 'k');
      expect(code).toBe(1);
      expect(stderr).toContain('The key "k" is held by 2 backends: ');
      expect(stderr).toContain(`${doc.backend_id} of service "doc"`);
      expect(stderr).toContain(`${chat.backend_id} of service "chat"`);
      expect(stderr).toMatch(/Use an id instead of the key, such as "\w+", or SERVICE\/KEY\./);
    }
    expect((await cli('logs', 'chat/k', '--no-follow')).stdout).toBe('up as chat\n');
    expect((await cli('status', 'doc/k')).stdout).toContain('ready');
    expect((await cli('terminate', 'chat/nope')).stderr).toContain('There is no backend');
    // Once one of the backends has ended, the key is no longer ambiguous.
    expect((await cli('terminate', '--force', 'doc/k')).stdout).toBe(`Ending ${doc.backend_id} (key k).\n`);
    await waitFor(async () => (await statusOf(dev, doc)) === 'terminated', 'its end');
    expect((await cli('logs', 'k', '--no-follow')).stdout).toBe('up as chat\n');
  });

  test('are listed by name', async () => {
    const { dev, cli } = await start();
    const [doc, chat] = [await connect(dev, 'doc', { key: 'k' }), await connect(dev, 'chat', { key: 'k' })];
    const rows = (await cli('list')).stdout.split('\n').map((row) => row.trim().split(/ +/).slice(0, 3));
    expect(rows).toContainEqual([doc.backend_id, 'k', 'doc']);
    expect(rows).toContainEqual([chat.backend_id, 'k', 'chat']);
    expect(JSON.parse((await cli('list', '--json')).stdout)).toMatchObject([{ service: 'doc' }, { service: 'chat' }]);
  });

  test('are rebuilt only when their own files change', async () => {
    const { dev, save } = await start();
    const [doc, chat] = [await connect(dev, 'doc'), await connect(dev, 'chat')];
    expect([(await ask(doc)).version, (await ask(chat)).version]).toEqual(['one', 'one']);
    const docPid = (await ask(doc)).pid;
    await untilWatching(dev);
    // Not on its watch list.
    save('chat/notes.txt', 'x');
    save('chat/server.js', server('two'));
    await waitFor(async () => (await ask(chat)).version === 'two', 'the new code');
    expect([await buildOf(dev, 'doc'), await buildOf(dev, 'chat')]).toEqual([1, 2]);
    expect(await ask(doc)).toMatchObject({ version: 'one', pid: docPid });

    const chatPid = (await ask(chat)).pid;
    save('doc/server.js', server('two'));
    await waitFor(async () => (await ask(doc)).version === 'two', 'the swap, as onChange says by default');
    expect(await statusOf(dev, doc)).toBe('ready');
    expect([await buildOf(dev, 'doc'), await buildOf(dev, 'chat')]).toEqual([2, 2]);
    expect(await ask(chat)).toMatchObject({ version: 'two', pid: chatPid });
  });

  test('keep running when the build of another fails, at the start or later', async () => {
    const { dev, save, cli } = await start({ 'chat/server.js': 'this is { not JavaScript' });
    const doc = await connect(dev, 'doc');
    expect((await ask(doc)).version).toBe('one');
    const refused = await waitFor(async () => {
      const answer = await post(`${dev.apiUrl}/v2/service/-/chat/connect`, {});
      return answer.status === 503 ? answer : undefined;
    }, 'the failure');
    expect(refused.json()).toMatchObject({
      error: { code: 'BuildFailed', message: expect.stringContaining('SyntaxError') },
    });
    await untilWatching(dev);
    save('chat/server.js', server('fixed'));
    await waitFor(async () => (await buildOf(dev, 'chat')) > 0, 'the next build');
    const chat = await connect(dev, 'chat');
    expect((await ask(chat)).version).toBe('fixed');

    save('doc/server.js', 'this is { not JavaScript');
    await waitFor(async () => (await cli('build')).code === 1, 'the failure');
    expect((await ask(doc)).version).toBe('one');
    expect((await ask(chat)).version).toBe('fixed');
  });

  test('are built one at a time by jamdev build SERVICE, which names the known services', async () => {
    const { dev, cli } = await start();
    await waitFor(async () => (await buildOf(dev, 'chat')) === 1, 'the first builds');
    expect((await cli('build', 'chat')).stdout).toMatch(/^Build 2 done in .+\.\n$/);
    expect(await buildOf(dev, 'doc')).toBe(1);
    const { code, stderr } = await cli('build', 'nope');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/"nope".*doc, chat/s) });
  });

  test('are named in the output of jamdev build', async () => {
    const { save, cli } = await start({}, ['--no-watch']);
    expect((await cli('build')).stdout).toMatch(/^Build 2 of doc done in .+\.\nBuild 2 of chat done in .+\.\n$/);
    save('chat/server.js', 'this is { not JavaScript');
    const failed = await cli('build');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/^Build 3 of doc done in .+\.\n[\s\S]*SyntaxError/);
    expect(failed.stderr).toMatch(/^Build 3 of chat failed \(exit code 1\) after .+\.\n$/);
    const outcomes = (await cli('build', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(outcomes).toMatchObject([
      { service: 'doc', result: 'succeeded', number: 4 },
      { service: 'chat', result: 'failed', number: 4, failure: 'exit code 1' },
    ]);
  });
});

test('with one service, any name is accepted and has keys of its own', async () => {
  const dev = await startDev(makeProject({ 'server.js': server('one') }), ['--command', 'node server.js']);
  const names = ['-', 'doc', 'chat'];
  const all = await Promise.all(names.map((name) => connect(dev, name, { key: 'k' })));
  expect(all.map(({ spawned }) => spawned)).toEqual([true, true, true]);
  const services = (await Promise.all(all.map(envOf))).map((env) => env.JAMSOCKET_SERVICE);
  expect(services).toEqual(['default', 'doc', 'chat']);
  expect(await connect(dev, 'default', { key: 'k' })).toMatchObject({
    backend_id: all[0]?.backend_id,
    spawned: false,
  });
  const { stdout } = await runCli(['logs', '--no-follow'], { cwd: dev.folder });
  expect(stdout.trim().split('\n').sort()).toEqual(['chat/k | up as chat', 'doc/k | up as doc', 'k | up as default']);
  expect((await runCli(['build'], { cwd: dev.folder })).stdout).toMatch(/^Build 2 done in .+\.\n$/);
});

describe('env files', () => {
  const COMMAND = ['--command', 'node server.js', '--on-change', 'restart'];
  const project = (files: Record<string, string | object> = {}) =>
    makeProject({ 'server.js': server('one'), ...files });

  /** Only the variables of the tests. */
  async function variables(connected: Connected): Promise<Record<string, string>> {
    const all = Object.entries(await envOf(connected));
    return Object.fromEntries(all.filter(([name]) => name.startsWith('TEST_')));
  }

  test('.env reaches backends in every syntax that Node.js reads', async () => {
    const lines = [
      '# a comment',
      'TEST_PLAIN=a b',
      "TEST_QUOTED='x # y'",
      'TEST_LINES="one\ntwo"',
      'export TEST_EXPORTED=größe 🦊',
      'TEST_EMPTY=',
    ];
    const dev = await startDev(project({ '.env': `\uFEFF${lines.join('\r\n')}` }), COMMAND);
    expect(await variables(await connect(dev, '-'))).toEqual({
      TEST_PLAIN: 'a b',
      TEST_QUOTED: 'x # y',
      TEST_LINES: 'one\ntwo',
      TEST_EXPORTED: 'größe 🦊',
      TEST_EMPTY: '',
    });
  });

  test('variables that the platform sets are left out', async () => {
    const reserved = 'PORT=1\nJAMSOCKET_SERVICE=mine\nSESSION_BACKEND_KEY=mine\nTEST_A=1\n';
    const dev = await startDev(project({ '.env': reserved }), COMMAND);
    const env = await envOf(await connect(dev, '-', { key: 'k' }));
    expect(env).toMatchObject({ JAMSOCKET_SERVICE: 'default', SESSION_BACKEND_KEY: 'k', TEST_A: '1' });
    expect(Number(env.PORT)).toBeGreaterThan(1);
  });

  test('creating, changing or deleting .env takes effect even if git ignores it', async () => {
    const folder = project({ '.gitignore': '.env\nserver.js\n' });
    const dev = await startDev(folder, COMMAND);
    const connected = await connect(dev, '-', { key: 'k' });
    expect(await variables(connected)).toEqual({});
    await untilWatching(dev);
    const until = (expected: object) =>
      waitFor(
        async () => JSON.stringify(await variables(connected)) === JSON.stringify(expected),
        JSON.stringify(expected),
      );
    writeFileSync(join(folder, '.env'), 'TEST_A=1\n');
    await until({ TEST_A: '1' });
    writeFileSync(join(folder, '.env'), 'TEST_A=2\n');
    await until({ TEST_A: '2' });
    rmSync(join(folder, '.env'));
    await until({});
    writeFileSync(join(folder, '.env'), 'TEST_A=3\n');
    await until({ TEST_A: '3' });
  });

  test('a common env file outside of a service’s folder rebuilds all services, that of a service only this one', async () => {
    const { dev, save } = await start({ '.env': 'TEST_FILE=1\n', 'doc/.env': '' });
    await untilWatching(dev);
    const file = async (service: string) => (await envOf(await connect(dev, service))).TEST_FILE;
    expect([await file('doc'), await file('chat')]).toEqual(['1', '1']);
    save('.env', 'TEST_FILE=2\n');
    await waitFor(async () => (await buildOf(dev, 'doc')) > 1 && (await buildOf(dev, 'chat')) > 1, 'both builds');
    await waitFor(async () => (await file('doc')) === '2' && (await file('chat')) === '2', 'the new value');
    const [doc, chat] = [await buildOf(dev, 'doc'), await buildOf(dev, 'chat')];
    save('doc/.env', 'TEST_FILE=3\n');
    await waitFor(async () => (await buildOf(dev, 'doc')) > doc, 'the build');
    expect([await file('doc'), await file('chat')]).toEqual(['3', '2']);
    expect(await buildOf(dev, 'chat')).toBe(chat);
  });

  test('--env-from replaces .env, and a missing file fails the build', async () => {
    const folder = project({ '.env': 'TEST_A=usual\n', 'a.env': 'TEST_A=a\nTEST_B=a\n' });
    mkdirSync(join(folder, 'more'));
    writeFileSync(join(folder, 'more', 'b.env'), 'TEST_B=b\n');
    const dev = await startDev(folder, [...COMMAND, '--env-from', 'a.env', '--env-from', 'more/b.env']);
    expect(await variables(await connect(dev, '-'))).toEqual({ TEST_A: 'a', TEST_B: 'b' });
    await untilWatching(dev);
    rmSync(join(folder, 'more', 'b.env'));
    const failed = await waitFor(async () => {
      const { code, stderr } = await runCli(['build'], { cwd: folder });
      return code === 1 ? stderr : undefined;
    }, 'the failure');
    expect(failed).toContain(`${join('more', 'b.env')} can't be read: it does not exist (ENOENT)`);
    // The last successful build stays in use.
    expect(await variables(await connect(dev, '-'))).toEqual({ TEST_A: 'a', TEST_B: 'b' });
  });

  test('dev and exec report an env file missing from the start even when there is nothing else to build', async () => {
    const folder = project({ 'jamdev.config.json': { envFile: 'no.env' } });
    const dev = await startDev(folder, COMMAND);
    const failureLine =
      /^build {2}1: failed \(The env file \S+no\.env can't be read: it does not exist \(ENOENT\)\. .+\) in/m;
    await waitFor(() => failureLine.test(dev.stdout()), 'the failure');
    const { code, stderr } = await runCli(['exec', ...COMMAND, '--', 'echo', 'ran'], { cwd: folder });
    expect({ code, failureLine: failureLine.test(stderr) }).toEqual({ code: 1, failureLine: true });
    const named = await runCli(['exec', ...COMMAND, '--env-from', 'no.env', '--', 'echo', 'ran'], { cwd: folder });
    expect({ code: named.code, failureLine: failureLine.test(named.stderr) }).toEqual({ code: 1, failureLine: true });
  });

  test('NODE_OPTIONS in an env file applies to backends but not to jamdev', async () => {
    const folder = project({ 'a.env': 'NODE_OPTIONS=--require=/no/such/module.cjs\n' });
    const run = await runCli(['exec', ...COMMAND, '--env-from', 'a.env', '--', 'echo', 'ran'], { cwd: folder });
    expect(run).toMatchObject({ code: 0, stdout: 'ran\n' });
  });
});
