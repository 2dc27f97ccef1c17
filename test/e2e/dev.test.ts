import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { runCli, startCli, startDev } from '../support/cli.js';
import { DURATION, PHASE } from '../support/durations.js';
import { openSocket, post, send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';
import { open } from '../templates/clients.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;

function echoProject(): string {
  return makeProject({ 'package.json': { scripts: { start: ECHO } } });
}

async function connect(apiUrl: string, body: object = {}): Promise<{ backend_id: string; url: string }> {
  return (await post(`${apiUrl}/v2/service/-/-/connect`, body)).json();
}

describe('starting', () => {
  test('the banner has both URLs and a spawn command to copy', async () => {
    const dev = await startDev(echoProject());
    const line = /spawn {3}(.+)$/m.exec(dev.stdout())?.[1] ?? '';
    expect(line).toContain('spawn --key doc-1');
    const args = line.slice(line.indexOf(' spawn') + 1).split(' ');
    const { code, stdout } = await runCli(args, { cwd: dev.folder });
    expect(code).toBe(0);
    expect((await send(JSON.parse(stdout).url)).json()).toMatchObject({
      environment: { SESSION_BACKEND_KEY: 'doc-1' },
    });
    expect(dev.stdout()).not.toContain('\u001b');
  });

  test('the banner names the variables of .env, and no output shows their values', async () => {
    const folder = makeProject({ 'package.json': { scripts: { start: ECHO } }, '.env': 'TEST_SECRET=hidden-value\n' });
    const dev = await startDev(folder);
    expect(dev.stdout()).toMatch(/^ {2}env {5}TEST_SECRET {2}\(\.env\)$/m);
    const { url } = await connect(dev.apiUrl);
    expect((await send(url)).json()).toMatchObject({ environment: { TEST_SECRET: 'hidden-value' } });
    expect(dev.stdout() + dev.stderr()).not.toContain('hidden-value');
  });

  test('several services get a line each in a banner of at most eight lines', async () => {
    const names = ['web', 'chat', 'search', 'mail', 'jobs'];
    const services = Object.fromEntries(names.map((name) => [name, { command: `${ECHO} ${name}` }]));
    const dev = await startDev(makeProject({ 'jamsocket.config.json': { services } }));
    const lines = dev.stdout().split('\n');
    const banner = lines.slice(lines.findIndex((line) => line.startsWith('jamdev ')));
    expect(banner.indexOf('', 2)).toBeLessThanOrEqual(8);
    for (const name of names) expect(dev.stdout()).toMatch(new RegExp(`echo-server\\.mjs ${name}`));
  });

  test('started outside the project, the banner’s command names the dev server', async () => {
    const project = echoProject();
    const outside = makeTempFolder();
    const dev = await startDev(outside, [project]);
    const line = /spawn {3}(.+)$/m.exec(dev.stdout())?.[1] ?? '';
    expect(line).toContain(`--api ${dev.apiUrl}`);
    const args = line.slice(line.indexOf(' spawn') + 1).split(' ');
    expect((await runCli(args, { cwd: outside })).code).toBe(0);
  });

  test('listens on 127.0.0.1 and ::1, with the real ports in every answer', async () => {
    const dev = await startDev(echoProject());
    const { port } = new URL(dev.apiUrl);
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      expect((await send(`http://${host}:${port}/auth`)).status).toBe(200);
    }
    const { url } = await connect(dev.apiUrl);
    expect(url).toContain(dev.proxyUrl);
    for (const host of ['127.0.0.1', '[::1]']) {
      expect((await send(url.replace('localhost', host))).status).toBe(200);
    }
  });

  test('the command comes from flags, then the config file, then the start script', async () => {
    const say = (word: string) =>
      `node -e "require('http').createServer((q, s) => s.end('${word}')).listen(process.env.PORT)"`;
    const folder = makeProject({ 'package.json': { scripts: { start: say('script') } } });
    const answer = async (args: string[] = []) => {
      const dev = await startDev(folder, args);
      const { text } = await send((await connect(dev.apiUrl)).url);
      dev.process.kill('SIGINT');
      await dev.exit;
      return text;
    };
    expect(await answer()).toBe('script');
    writeFileSync(join(folder, 'jamdev.config.json'), JSON.stringify({ command: say('config') }));
    expect(await answer()).toBe('config');
    expect(await answer(['--command', say('flag')])).toBe('flag');
  });

  test.each([
    [['-s'], {}, true],
    [['--use-static-token'], {}, true],
    [[], { useStaticToken: true }, true],
    [[], {}, false],
  ])('with %j and the config file %j, a backend has a static token: %s', async (args, config, isStatic) => {
    const folder = makeProject({ 'jamsocket.config.json': { command: ECHO, ...config } });
    const dev = await startDev(folder, args);
    const connectAgain = async () => {
      const { code, stdout } = await runCli(['connect', '--key', 'doc-1'], { cwd: folder });
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    const [first, second] = [await connectAgain(), await connectAgain()];
    expect(first.token.startsWith('s.')).toBe(isStatic);
    expect(first.url === second.url).toBe(isStatic);
    expect(first.secret_token === null).toBe(isStatic);
    const { environment } = (await send(first.url)).json<{ environment: Record<string, string> }>();
    expect(environment.SESSION_BACKEND_STATIC_TOKEN).toBe(isStatic ? first.token : undefined);
    expect(dev.stderr()).toBe('');
  });

  test('a build command runs before the first backend, and connects report why it failed', async () => {
    const folder = makeProject({
      'jamsocket.config.json': { command: 'node built.js', build: 'node build.js' },
      'build.js': `require('fs').copyFileSync('source.js', 'built.js'); console.log('built it')`,
      'source.js': `require('http').createServer((q, s) => s.end('built')).listen(process.env.PORT)`,
    });
    const dev = await startDev(folder);
    expect((await send((await connect(dev.apiUrl)).url)).text).toBe('built');
    expect(dev.stdout()).toMatch(/build {2}1: done in/);
    dev.process.kill('SIGINT');
    await dev.exit;

    writeFileSync(join(folder, 'build.js'), `console.log('line 3: no such thing'); process.exit(2)`);
    const failing = await startDev(folder);
    await waitFor(() => failing.stdout().includes('failed (exit code 2)'), 'the failure');
    expect(failing.stdout()).toContain('line 3: no such thing');
    const answer = await post(`${failing.apiUrl}/v2/service/-/-/connect`, {});
    expect(answer.json()).toMatchObject({
      error: { status: 503, code: 'BuildFailed', message: expect.stringContaining('line 3: no such thing') },
    });
  });

  test('keeps its files in the user’s state folder, private to that user, and none in the project', async () => {
    const folder = echoProject();
    const before = readdirSync(folder);
    const dev = await startDev(folder);
    await connect(dev.apiUrl);
    expect(readdirSync(folder)).toEqual(before);
    const { root, logs } = stateFolderOf(folder);
    expect(statSync(root).mode & 0o077).toBe(0);
    expect(readdirSync(logs)).toHaveLength(1);
  });

  test('--json prints one event per line', async () => {
    const run = startCli(['dev', '--json', '--port', '0', '--proxy-port', '0', '--command', ECHO], {
      cwd: makeTempFolder(),
    });
    const events = () =>
      run
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    const started = await waitFor(() => events().find(({ event }) => event === 'started'), 'the start');
    const { backend_id, url } = await connect(started.api_url, { key: 'k' });
    await send(url);
    run.process.kill('SIGINT');
    expect(await run.exit).toBe(0);
    const statuses = events().filter(({ event }) => event === 'status');
    expect(statuses.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['scheduled', 'ready', 'terminating', 'terminated']),
    );
    expect(statuses.every(({ backend, key }) => backend === backend_id && key === 'k')).toBe(true);
    expect(events().at(-1)).toEqual({ event: 'stopped' });
  });
});

describe('terminal output', () => {
  test('prefixes output with the key, times statuses, and shows a card for a crash', async () => {
    const dev = await startDev(echoProject());
    const { backend_id, url } = await connect(dev.apiUrl, { key: 'doc-7' });
    await send(`${url}print?text=hello`);
    await waitFor(() => dev.stdout().includes('doc-7 | hello\n'), 'the output');
    expect(dev.stdout()).toContain(`doc-7 | listening as ${backend_id}\n`);
    expect(dev.stdout()).toMatch(
      new RegExp(
        String.raw`doc-7 \| ready \(${DURATION}: scheduled ${DURATION}, loading ${PHASE}, starting ${PHASE}, waiting ${PHASE}(?:; warm start)?\)`,
      ),
    );
    await send(`${url}crash?code=9`).catch(() => undefined);
    await waitFor(() => dev.stdout().includes('full log:'), 'the card');
    const card = dev.stdout().slice(dev.stdout().indexOf('crashed'));
    expect(card).toMatch(/^crashed: exit code 9 after/);
    expect(card).toContain('key doc-7');
    expect(card).toContain('hello\n');
    expect(card).toContain('about to crash\n');
    expect(card).toMatch(new RegExp(`full log: .*jamdev.* logs ${backend_id}$`, 'm'));
  });

  test('removes the escape sequences of a backend', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('print.mjs')} binary`]);
    await connect(dev.apiUrl);
    await waitFor(() => dev.stdout().includes('after'), 'the output');
    expect(dev.stdout()).not.toContain('\u001b');
    expect(dev.stdout()).not.toContain('\u0000');
  });

  test('tells a backend that hard-codes 8080 about PORT when that port is taken', async () => {
    const code = `console.error('Error: listen EADDRINUSE: address already in use :::8080'); process.exit(1)`;
    const dev = await startDev(makeProject({ 'server.js': code }), ['--command', 'node server.js']);
    await connect(dev.apiUrl);
    await waitFor(
      () => dev.stdout().includes('change it to listen on the port in the variable PORT (in Node.js: '),
      'the hint',
    );
  });
});

describe('a Node.js backend that hard-codes 8080', () => {
  const server = `require('http').createServer((q, s) => s.end('here')).listen(8080, '0.0.0.0')`;

  test('runs several instances at once', async () => {
    const dev = await startDev(makeProject({ 'server.js': server }), ['--command', 'node server.js']);
    const both = await Promise.all([connect(dev.apiUrl), connect(dev.apiUrl)]);
    for (const { url } of both) expect((await send(url)).text).toBe('here');
  });

  test('is not remapped with --no-remap-8080', async () => {
    const project = makeProject({ 'server.js': `console.log('options:' + process.env.NODE_OPTIONS)` });
    const dev = await startDev(project, ['--command', 'node server.js', '--no-remap-8080'], {
      env: { NODE_OPTIONS: '' },
    });
    await connect(dev.apiUrl);
    await waitFor(() => dev.stdout().includes('options:\n'), 'the output');
  });
});

describe('a port that is taken', () => {
  async function takePort(host = '127.0.0.1'): Promise<number> {
    const server = createServer().listen(0, host);
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  test.each([
    ['API', '--port', '127.0.0.1'],
    ['proxy', '--proxy-port', '127.0.0.1'],
    ['API', '--port', '::1'],
  ])(
    'for the %s fails at once, before any build, and names the process that holds it (%s, %s)',
    async (what, flag, host) => {
      const port = await takePort(host);
      const folder = makeTempFolder();
      const other = flag === '--port' ? '--proxy-port' : '--port';
      const run = await runCli(['dev', '--command', 'true', '--build', 'touch built', flag, String(port), other, '0'], {
        cwd: folder,
      });
      expect(run.code).toBe(1);
      expect(run.stderr).toContain(`Port ${port} for the ${what} is taken by pid ${process.pid} (`);
      expect(run.stderr).toMatch(new RegExp(`add ${flag} \\d+ for another port`));
      expect(readdirSync(folder)).not.toContain('built');
    },
  );
});

describe('bad input', () => {
  const cases: [name: string, files: Record<string, string | object>, args: string[], code: number, says: string[]][] =
    [
      ['nothing to run', {}, [], 1, ['nothing to run', '--command']],
      [
        'a config that is not JSON',
        { 'jamsocket.config.json': '{\n  "command": "x",\n}' },
        [],
        1,
        ['jamsocket.config.json', 'line 3, column 1'],
      ],
      [
        'an unknown key',
        { 'jamdev.config.json': { comand: 'x' } },
        [],
        1,
        ['unknown key "comand"', 'Did you mean "command"?'],
      ],
      [
        'a wrong type',
        { 'jamsocket.config.json': { command: 'x', port: 'eighty' } },
        [],
        1,
        ['"port" must be a number, not "eighty"'],
      ],
      ['two config files', { 'jamsocket.config.json': {}, 'jamdev.config.json': {} }, [], 1, ['two config files']],
      ['a missing config file', {}, ['--config', 'nowhere.json'], 1, ['no config file', 'nowhere.json']],
      [
        'reserved env in the config',
        { 'jamsocket.config.json': { command: 'x', env: { PORT: '1' } } },
        [],
        1,
        ['"PORT"'],
      ],
      ['a missing folder', {}, ['no-such-folder'], 1, ['no folder', 'no-such-folder']],
      ['a bad port', {}, ['--port', 'http'], 2, ['-p/--port must be a port number', '"http"']],
      [
        'the same port twice',
        {},
        ['--command', 'x', '--port', '8099', '--proxy-port', '8099'],
        2,
        ['both use port 8099'],
      ],
      ['an unknown option', {}, ['--prot', '1'], 2, ["unknown option '--prot'", '--port']],
      [
        'a host that is not an address of this machine',
        {},
        ['--command', 'x', '--host', '192.0.2.1'],
        1,
        ['192.0.2.1', '--host'],
      ],
    ];

  test.each(cases)('%s', async (_name, files, args, code, says) => {
    const free = args.includes('--port') || args.includes('--prot') ? [] : ['--port', '0', '--proxy-port', '0'];
    const run = await runCli(['dev', ...free, ...args], { cwd: makeProject(files) });
    expect(run.code).toBe(code);
    for (const text of says) expect(run.stderr).toContain(text);
    expect(run.stderr).not.toMatch(/^\s+at /m);
    expect(run.stdout).toBe('');
  });

  test('no writable folder for state', async () => {
    // Folders that not even root can write to: /proc, or macOS's sealed system volume.
    const place = process.platform === 'linux' ? '/proc' : '/System';
    const env = { XDG_STATE_HOME: `${place}/state`, TMPDIR: `${place}/tmp` };
    const run = await runCli(['dev', '--port', '0', '--proxy-port', '0', '--command', 'true'], { env });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`jamdev can't write its folder ${place}/state/jamdev`);
    expect(run.stderr).toContain('XDG_STATE_HOME');
  });

  test('a read-only project folder works', async () => {
    const dev = await startDev(process.platform === 'linux' ? '/proc' : '/System', ['--command', ECHO]);
    await connect(dev.apiUrl);
  });

  test('a command that does not exist ends the backend and says why', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', 'no-such-program']);
    const { backend_id } = await connect(dev.apiUrl);
    await waitFor(() => dev.stdout().includes('The command "no-such-program" does not exist'), 'the reason');
    const { code, stdout } = await runCli(['logs', backend_id], { cwd: dev.folder });
    expect(code).toBe(0);
    expect(stdout).toContain('The command "no-such-program" does not exist');
    expect((await send(`${dev.apiUrl}/auth`)).status).toBe(200);
  });
});

describe('stopping', () => {
  test('Ctrl-C ends every process of every backend and leaves no records', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('family.mjs')} daemon`]);
    await Promise.all([connect(dev.apiUrl), connect(dev.apiUrl)]);
    const pids = await waitFor(() => {
      const found = [...dev.stdout().matchAll(/pids (\d+)/g)].map((match) => Number(match[1]));
      return found.length === 2 ? found : undefined;
    }, 'the daemons');
    expect(await living(pids)).toHaveLength(2);
    dev.process.kill('SIGINT');
    expect(await dev.exit).toBe(0);
    expect(await living(pids)).toEqual([]);
    expect(readdirSync(stateFolderOf(dev.folder).servers)).toEqual([]);
  });

  test('a second Ctrl-C kills backends that ignore the first, at once', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('family.mjs')} stubborn`]);
    await connect(dev.apiUrl, { key: 'k' });
    await waitFor(() => /pids (\d+)/.exec(dev.stdout()), 'the backend');
    dev.process.kill('SIGINT');
    await waitFor(() => dev.stdout().includes('k | no'), 'SIGTERM to be ignored');
    // Signals at the same moment count as one, so repeat it until it takes effect.
    const again = setInterval(() => dev.process.kill('SIGINT'), 50);
    expect(await dev.exit).toBe(1);
    clearInterval(again);
    const pids = [...dev.stdout().matchAll(/pids (\d+)/g)].map((match) => Number(match[1]));
    expect(await living(pids)).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s stops it too', async (signal) => {
    const dev = await startDev(echoProject());
    const { pid } = (await send((await connect(dev.apiUrl)).url)).json<{ pid: number }>();
    dev.process.kill(signal);
    expect(await dev.exit).toBe(0);
    expect(await living([pid])).toEqual([]);
  });

  test('after kill -9, the next dev server in that folder ends the leftover processes and says so', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('family.mjs')} daemon`]);
    const { backend_id } = await connect(dev.apiUrl, { key: 'k' });
    const daemon = Number((await waitFor(() => /pids (\d+)/.exec(dev.stdout()), 'the daemon'))[1]);
    dev.process.kill('SIGKILL');
    await dev.exit;
    expect(await living([daemon])).toEqual([daemon]);

    const bystander = await startDev(dev.folder, ['--command', 'sleep 60']);
    expect(bystander.stdout()).toMatch(/Ended 2 processes that an earlier dev server left behind/);
    expect(await living([daemon])).toEqual([]);
    const { stdout } = await runCli(['logs', backend_id, '--no-follow'], { cwd: dev.folder });
    expect(stdout).toContain(`pids ${daemon}`);
  });

  test('a second dev server in the same folder, such as that of a test, leaves the first one’s backends alone', async () => {
    const first = await startDev(echoProject());
    const { url } = await connect(first.apiUrl, { key: 'k' });
    const { pid } = (await send(url)).json<{ pid: number }>();
    const second = await runCli(['exec', '--', 'true'], { cwd: first.folder });
    expect(second.code).toBe(0);
    expect((await send(url)).json().pid).toBe(pid);
  });
});

test('a backend that prints 100 MB neither stalls the dev server nor grows its memory, and its last line is kept', async () => {
  const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('print.mjs')} flood 100`]);
  const residentKiB = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${dev.process.pid}/status`, 'utf8'))?.[1]);
  const before = process.platform === 'linux' ? residentKiB() : 0;
  const { backend_id } = await connect(dev.apiUrl, { key: 'flood' });
  let answered = 0;
  await waitFor(
    async () => {
      answered += (await send(`${dev.apiUrl}/auth`)).status === 200 ? 1 : 0;
      return (await send(`${dev.apiUrl}/v2/backend/${backend_id}/status`)).json().status === 'terminated';
    },
    'the flood to be over',
    100_000,
  );
  expect(answered).toBeGreaterThan(5);
  if (process.platform === 'linux') expect(residentKiB() - before).toBeLessThan(120 * 1024);
  const { stdout } = await runCli(['logs', 'flood', '--tail', '1'], { cwd: dev.folder });
  expect(stdout).toBe('the last line of the flood\njamdev: terminated (exited by itself: exit code 0)\n');
  const log = join(stateFolderOf(dev.folder).logs, backend_id);
  const bytes = readdirSync(log).reduce((sum, name) => sum + statSync(join(log, name)).size, 0);
  expect(bytes).toBeLessThan(20 * 1024 * 1024);
});

test('a client that sends garbage to either port does no harm', async () => {
  const dev = await startDev(echoProject());
  const { url } = await connect(dev.apiUrl);
  await send(url);
  for (const target of [dev.apiUrl, dev.proxyUrl]) {
    const { socket, received } = await openSocket(target);
    socket.write('\0\0\0\0\r\n\r\n');
    await waitFor(() => received().startsWith('HTTP/1.1 400'), 'an answer');
  }
  expect((await send(url)).status).toBe(200);
});

test('the bundled example runs in place with the packages that npm ci installs for jamdev', async () => {
  const data = makeTempFolder();
  const example = join(ROOT, 'templates', 'websocket');
  const dev = await startDev(ROOT, [example, '--runtime', 'process', '--env', `DATA_FOLDER=${data}`]);
  const { url, backend_id } = await connect(dev.apiUrl, { key: 'doc/1' });
  expect((await send(url)).text).toContain('<textarea');
  const ann = await open('websocket', url, 'doc/1');
  ann.type('written by Ann');
  await ann.accepted();
  await post(`${dev.apiUrl}/v2/backend/${backend_id}/terminate`, {});
  const saved = await waitFor(() => readdirSync(data).find((name) => name.endsWith('.txt')), 'the document');
  expect(saved).toMatch(/^doc_1-[0-9a-f]{16}\.txt$/);
  expect(readFileSync(join(data, saved), 'utf8')).toBe('written by Ann');
});

describe('edge cases', () => {
  test('listens on loopback only, not on other addresses of this machine', async () => {
    const dev = await startDev(echoProject());
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family, address }) => !internal && (family === 'IPv4' || !address.startsWith('fe80')));
    for (const { address, family } of others) {
      for (const url of [dev.apiUrl, dev.proxyUrl]) {
        const host = family === 'IPv6' ? `[${address}]` : address;
        await expect(send(url.replace('localhost', host))).rejects.toThrow(/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/);
      }
    }
  });

  test('with --host, URLs use that host and the API accepts it', async () => {
    const dev = await startDev(echoProject(), ['--host', '127.0.0.1']);
    expect(dev.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await send((await connect(dev.apiUrl)).url)).status).toBe(200);
  });

  test('shuts down although a reader has stopped reading', async () => {
    const chatter = `node -e "setInterval(() => console.log('x'.repeat(5000)), 1)"`;
    const dev = await startDev(makeTempFolder(), ['--command', chatter]);
    await connect(dev.apiUrl);
    await waitFor(() => dev.stdout().length > 1_000_000, 'some output');
    dev.process.stdout?.pause();
    dev.process.kill('SIGINT');
    const code = await new Promise((resolve) => dev.process.once('exit', resolve));
    dev.process.stdout?.resume();
    expect(code).toBe(0);
  });

  test('shuts down although a WebSocket client does not read', async () => {
    const server = `const { WebSocketServer } = require('${join(ROOT, 'node_modules', 'ws')}');
      const http = require('http').createServer((q, s) => s.end()).listen(process.env.PORT);
      new WebSocketServer({ server: http }).on('connection', (socket) => setInterval(() => socket.send('x'.repeat(1e6)), 5));`;
    const dev = await startDev(makeProject({ 'server.js': server }), ['--command', 'node server.js']);
    const { url } = await connect(dev.apiUrl);
    await send(url);
    const { socket, received } = await openSocket(dev.proxyUrl);
    const key =
      'upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nhost: localhost\r\n${key}\r\n\r\n`);
    await waitFor(() => received().length > 2_000_000, 'some frames');
    socket.pause();
    dev.process.kill('SIGINT');
    expect(await dev.exit).toBe(0);
  });

  test('a build is done when its command exits, even if a daemon keeps its output open', async () => {
    const dev = await startDev(echoProject(), ['--build', 'sleep 60 & echo $! > daemon.pid; echo built']);
    await waitFor(() => /build {2}1: done/.test(dev.stdout()), 'the build');
    process.kill(Number(readFileSync(join(dev.folder, 'daemon.pid'), 'utf8')), 'SIGKILL');
  });

  test('after kill -9 during a build, the next dev server ends that build', async () => {
    const folder = makeTempFolder();
    const args = ['--command', ECHO, '--build', 'echo $$ > build.pid; sleep 60; true'];
    const dev = await startDev(folder, args);
    const pid = Number(
      await waitFor(
        () => existsSync(join(folder, 'build.pid')) && readFileSync(join(folder, 'build.pid'), 'utf8'),
        'the build',
      ),
    );
    await waitFor(
      () => readdirSync(stateFolderOf(folder).servers).some((name) => name.endsWith('.processes')),
      'its record',
    );
    dev.process.kill('SIGKILL');
    await dev.exit;
    expect(await living([pid])).toEqual([pid]);
    const next = await startDev(folder, ['--command', ECHO]);
    expect(next.stdout()).toContain('that an earlier dev server left behind');
    expect(await living([pid])).toEqual([]);
  });
});
