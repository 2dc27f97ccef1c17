import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DevRun, runCli, startCli, startDev } from '../support/cli.js';
import { post } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
/** Every command that talks to a dev server. */
const COMMANDS = [
  ['list'],
  ['list', '--json'],
  ['spawn', '--key', 'doc'],
  ['spawn', '--wait'],
  ['connect'],
  ['status', 'doc'],
  ['status', 'doc', '--watch'],
  ['logs'],
  ['logs', 'doc', '--no-follow'],
  ['terminate', 'doc'],
  ['terminate', '--all'],
  ['build'],
];

function suspend(dev: DevRun): void {
  dev.process.kill('SIGSTOP');
  onTestFinished(() => void dev.process.kill('SIGCONT'));
}

/** Listens on a free port. @returns its URL */
async function startListener(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

// Each command waits for 5 s, and all of them share the machine's CPUs.
describe('a dev server that does not answer', () => {
  test('is reported by every command, with its process, its folder and what to do', async () => {
    const folder = makeProject();
    const dev = await startDev(folder, ['--command', ECHO]);
    suspend(dev);
    const runs = await Promise.all(COMMANDS.map((args) => runCli(args, { cwd: folder })));
    const message = `The dev server at ${dev.apiUrl} does not answer (no answer within 5 s, it is suspended; pid ${dev.process.pid}, ${folder}).`;
    const remedy = `Continue it with fg in its terminal, or: kill -CONT ${dev.process.pid}`;
    for (const [index, { code, stdout, stderr }] of runs.entries()) {
      const args = COMMANDS[index] ?? [];
      const output = `${args.join(' ')}: ${stdout}${stderr}`;
      if (args.includes('--json')) {
        expect(JSON.parse(stderr), output).toEqual({ error: { code: 'DevServerUnreachable', message, remedy } });
      } else {
        expect(stderr, output).toBe(`jamdev: ${message}\n${remedy}\n`);
      }
      expect(stdout, output).toBe('');
      expect(code, output).toBe(1);
    }
  });

  test('is reported even when only its URL is given', async () => {
    const folder = makeProject();
    const state = makeTempFolder();
    const dev = await startDev(folder, ['--command', ECHO], { env: { XDG_STATE_HOME: state } });
    suspend(dev);
    const [byOption, byVariable] = await Promise.all([
      runCli(['list', '--api', dev.apiUrl], { cwd: makeTempFolder(), env: { XDG_STATE_HOME: state } }),
      runCli(['list'], {
        cwd: makeTempFolder(),
        env: { JAMDEV_API_URL: dev.apiUrl, XDG_STATE_HOME: makeTempFolder() },
      }),
    ]);
    expect(byOption).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`; pid ${dev.process.pid}, ${folder})`),
    });
    // Not registered where this command looks, so found by the port that it listens on.
    expect(byVariable).toMatchObject({ code: 1, stderr: expect.stringContaining(`; pid ${dev.process.pid}, `) });
    for (const { stderr } of [byOption, byVariable]) expect(stderr).toContain(`kill -CONT ${dev.process.pid}`);
  });

  test('does not keep --everywhere from reaching the others', async () => {
    const env = { XDG_STATE_HOME: makeTempFolder() };
    const projects = makeTempFolder();
    const [answering, silent] = await Promise.all(
      ['answering', 'silent'].map((name) => {
        mkdirSync(join(projects, name));
        return startDev(join(projects, name), ['--command', ECHO], { env });
      }),
    );
    if (answering === undefined || silent === undefined) throw new Error('no dev servers');
    for (const dev of [answering, silent]) await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc' });
    suspend(silent);
    const run = (...args: string[]) => runCli([...args, '--everywhere'], { cwd: projects, env });
    const [list, logs] = await Promise.all([run('list'), run('logs', 'doc', '--no-follow')]);
    const terminate = await run('terminate', '--all');
    for (const { code, stderr } of [list, logs, terminate]) {
      expect(stderr).toContain(
        `${silent.folder}: The dev server at ${silent.apiUrl} does not answer (no answer within 5 s, it is suspended; pid ${silent.process.pid}, ${silent.folder}).`,
      );
      expect(stderr).not.toContain(answering.folder);
      expect(code).toBe(1);
    }
    expect(list.stdout).toContain('doc');
    expect(logs.stdout).toContain('listening as');
    expect(terminate.stdout).toContain('Ending');
  });

  test('gives no completions and no message', async () => {
    const folder = makeProject();
    suspend(await startDev(folder, ['--command', ECHO]));
    const { code, stdout, stderr } = await runCli(['complete', '--', 'logs', ''], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('key');
  });

  test('is not assumed when work takes longer than the timeout of a check', async () => {
    const folder = makeProject({ 'jamsocket.config.json': { command: ECHO, build: 'sleep 7' } });
    const dev = await startDev(folder, ['--no-watch']);
    const [build, spawned] = [startCli(['build'], { cwd: folder }), startCli(['spawn', '--wait'], { cwd: folder })];
    expect(await build.exit, build.stderr()).toBe(0);
    expect(await spawned.exit, spawned.stderr()).toBe(0);
    expect(dev.process.exitCode).toBeNull();
  });
});

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
/** What other programs may do on a port, and how jamdev reports it. */
const OTHERS: [what: string, onConnection: (socket: Socket) => void, message: RegExp][] = [
  ['accepts and never answers', (socket) => socket.resume(), /does not answer \(no answer within 5 s; pid /],
  ['closes at once', (socket) => socket.destroy(), /does not answer \(ECONNRESET\)/],
  ['speaks something else', (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'), /it does not speak HTTP/],
  [
    'answers halfway and stops',
    (socket) => socket.once('data', () => socket.write(`${HEAD}content-length: 100\r\n\r\n{"run_id":`)),
    /does not answer \(no answer within 5 s; pid /,
  ],
  [
    'answers half a header and stops',
    (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 O')),
    /does not answer \(no answer within 5 s; pid /,
  ],
  [
    'answers halfway and closes',
    (socket) => socket.once('data', () => socket.end(`${HEAD}content-length: 100\r\n\r\n{"run_id":`)),
    /does not answer \(its answer was cut off: ECONNRESET\)/,
  ],
  [
    'answers a drop at a time',
    (socket) => {
      socket.once('data', () => {
        socket.write(`${HEAD}\r\n`);
        const timer = setInterval(() => socket.write(' '), 100);
        socket.once('close', () => clearInterval(timer));
      });
    },
    /does not answer \(no answer within 5 s; pid /,
  ],
  [
    'answers without end',
    (socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write('x'.repeat(65_536)));
      };
      socket.once('data', () => socket.write(`${HEAD}\r\n`)).on('drain', more);
      socket.once('data', more);
    },
    /is not a jamdev dev server: its answer is too long/,
  ],
  [
    'answers with a page',
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n<!doctype html><p>Hello')),
    /is not a jamdev dev server: its answer is not JSON/,
  ],
  [
    'answers with other JSON',
    (socket) => socket.once('data', () => socket.end(`${HEAD}\r\n{"status":"ok"}`)),
    /is not a jamdev dev server: its answer is not that of a dev server/,
  ],
  [
    'answers null',
    (socket) => socket.once('data', () => socket.end(`${HEAD}\r\nnull`)),
    /is not a jamdev dev server: its answer is not that of a dev server/,
  ],
  [
    'does not know the path',
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 404 Not Found\r\n\r\n{"error":"not found"}')),
    /is not a jamdev dev server: it answers with status 404/,
  ],
];

test('a port without a dev server is reported with what its program does', async () => {
  await Promise.all(
    OTHERS.map(async ([what, onConnection, message]) => {
      const url = await startListener(onConnection);
      const { code, stdout, stderr } = await runCli(['list', '--api', url], { cwd: makeTempFolder() });
      expect(stderr, `one that ${what}`).toMatch(message);
      expect(stderr).toContain(url);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }),
  );
});
