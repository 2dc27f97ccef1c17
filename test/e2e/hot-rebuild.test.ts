import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { runCli, startDev, untilWatching } from '../support/cli.js';
import { openStream, post, send } from '../support/http.js';
import { makeProject, ROOT } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

/** A server that answers with its version and pid, slowly on request, and takes a moment to exit. */
const server = (version: string) => `
const { WebSocketServer } = require(${JSON.stringify(join(ROOT, 'node_modules', 'ws'))});
const http = require('http').createServer((request, response) => {
  const answer = () => response.end(JSON.stringify({ version: '${version}', pid: process.pid }));
  if (request.url.startsWith('/slow')) setTimeout(answer, 150); else answer();
});
new WebSocketServer({ server: http }).on('connection', (socket) => socket.send('${version}'));
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 50));
http.listen(process.env.PORT);
`;

interface Answer {
  version: string;
  pid: number;
}

async function startProject(
  config: object = {},
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
  files: Record<string, string> = {},
) {
  const folder = makeProject({
    'jamdev.config.json': { command: 'node server.js', ...config },
    'server.js': server('one'),
    ...files,
  });
  const dev = await startDev(folder, args, { env });
  const connect = async (body: object = {}) =>
    (await post(`${dev.apiUrl}/v2/service/-/-/connect`, body)).json<{
      url: string;
      backend_id: string;
      spawned: boolean;
    }>();
  const save = (text: string, name = 'server.js') => writeFileSync(join(folder, name), text);
  await untilWatching(dev);
  // A file saved while a build runs may count as written by that build.
  if ('build' in config) await waitFor(() => /build {2}1: (done|failed)/.test(dev.stdout()), 'the first build');
  return { dev, folder, connect, save };
}

/** What the preload has recorded of the files that a project's backends have loaded. */
function loadedFiles(project: string): string {
  const { root } = stateFolderOf(project);
  const paths = readdirSync(join(root, 'loaded'), { recursive: true, encoding: 'utf8' });
  const files = paths.map((path) => join(root, 'loaded', path)).filter((path) => statSync(path).isFile());
  return files.map((path) => readFileSync(path, 'utf8')).join('\n');
}

async function ask(url: string, path = ''): Promise<Answer> {
  return (await send(`${url}${path}`)).json<Answer>();
}

describe('a change', () => {
  test('starts a build that names the added, changed or deleted files', async () => {
    const { dev, folder, save } = await startProject();
    save('x', 'added.js');
    await waitFor(() => dev.stdout().includes('(changed: added.js)'), 'the added file');
    mkdirSync(join(folder, 'lib'));
    save('y', 'lib/deep.js');
    await waitFor(() => dev.stdout().includes('(changed: lib/deep.js)'), 'the file in a new folder');
    rmSync(join(folder, 'added.js'));
    await waitFor(() => (dev.stdout().match(/\(changed: added\.js\)/g) ?? []).length === 2, 'the deleted file');
    save(server('two'));
    save('z', 'another.js');
    await waitFor(() => /\(changed: \S+ \(\+1 more\)\)/.test(dev.stdout()), 'both files at once');
  });

  test('in an ignored place starts no build', async () => {
    const { dev, folder, save } = await startProject({ build: 'true' });
    save('data/\n*.log\n', '.gitignore');
    dev.process.kill('SIGINT');
    await dev.exit;
    for (const name of ['data', 'node_modules', '.git']) mkdirSync(join(folder, name), { recursive: true });
    const again = await startDev(folder);
    await untilWatching(again);
    for (const name of ['data/x.txt', 'node_modules/x.js', '.git/index', 'a.log']) save('x', name);
    save('x', 'server.js');
    await waitFor(() => again.stdout().includes('(changed: server.js)'), 'the one that counts');
    expect(again.stdout()).not.toMatch(/changed: (data|node_modules|\.git\/|a\.log)/);
  });

  test('in the file that jamdev’s own output goes to starts no build', async () => {
    const folder = makeProject({ 'server.js': server('one') });
    const log = join(folder, 'log.txt');
    const descriptor = openSync(log, 'a');
    const args = [
      join(ROOT, 'bin', 'jamdev.js'),
      'dev',
      '--port',
      '0',
      '--proxy-port',
      '0',
      '--command',
      'node server.js',
    ];
    const dev = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', descriptor, descriptor] });
    closeSync(descriptor);
    onTestFinished(async () => {
      dev.kill('SIGTERM');
      if (dev.exitCode === null) await once(dev, 'exit');
    });
    const read = () => readFileSync(log, 'utf8');
    const apiUrl = (await waitFor(() => /API\s+(http:\S+)/.exec(read()), 'the banner'))[1];
    await waitFor(async () => (await send(`${apiUrl}/_jamdev/info`)).json().watching, 'the watcher');
    for (const name of ['one.js', 'two.js']) {
      writeFileSync(join(folder, name), '');
      await waitFor(() => read().includes(`changed: ${name}`), 'the change');
    }
    expect(read()).not.toContain('log.txt');
  });

  test('outside of "watch" starts no build, and --no-watch ignores all changes', async () => {
    const folder = makeProject({ 'server.js': server('one'), 'src/a.js': '', 'other/b.js': '' });
    const dev = await startDev(folder, ['--command', 'node server.js', '--watch', 'src']);
    await untilWatching(dev);
    writeFileSync(join(folder, 'other', 'b.js'), 'changed');
    writeFileSync(join(folder, 'src', 'a.js'), 'changed');
    await waitFor(() => dev.stdout().includes('changed: src/a.js'), 'the watched file');
    expect(dev.stdout()).not.toContain('b.js');
    const other = makeProject({ 'server.js': server('one') });
    const blind = await startDev(other, ['--command', 'node server.js', '--no-watch']);
    writeFileSync(join(other, 'server.js'), server('two'));
    expect((await runCli(['build'], { cwd: other })).code).toBe(0);
    expect(blind.stdout()).not.toContain('changed:');
  });
});

describe('files that a build writes into the folder', () => {
  const build = `node -e "const fs = require('fs'); fs.mkdirSync('dist', { recursive: true }); fs.copyFileSync('server.js', 'dist/server.js')"`;
  const numbers = (dev: { stdout(): string }) => (dev.stdout().match(/build {2}\d+: done/g) ?? []).length;

  test('end no session and start no endless chain of builds', async () => {
    const { dev, connect, save } = await startProject({ command: 'node dist/server.js', build });
    const { url } = await connect({ key: 'k' });
    await ask(url);
    for (const version of ['two', 'three']) {
      save(server(version));
      await waitFor(async () => (await ask(url)).version === version, 'the new code');
    }
    const built = numbers(dev);
    expect(built).toBe(3);
    expect((await runCli(['build'], { cwd: dev.folder })).stdout).toMatch(/done in .+, nothing changed\.\n$/);
  });

  test.each([
    ['the same content', 'server.js', build],
    ['other content, file by file', 'stale.js', build],
    [
      'other content, after removing everything',
      'stale.js',
      `${build.slice(0, -1)}; fs.rmSync('dist', { recursive: true }); setTimeout(() => { fs.mkdirSync('dist'); fs.copyFileSync('server.js', 'dist/server.js') }, 400)"`,
    ],
    ['other content, after another program removed everything', 'stale.js', `rm -rf dist && sleep 0.4 && ${build}`],
  ])('start no further build and end no session when output exists already: %s', async (_, source, command) => {
    const files = { 'server.js': server('one'), 'stale.js': server('stale') };
    const folder = makeProject({
      ...files,
      'dist/server.js': files[source as keyof typeof files],
      'jamdev.config.json': { command: 'node dist/server.js', build: command },
    });
    const dev = await startDev(folder);
    const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'k' })).json<{ url: string }>();
    const before = await ask(url);
    expect(before.version).toBe('one');
    writeFileSync(join(folder, 'marker'), '');
    await waitFor(() => dev.stdout().includes('(changed: marker)'), 'the build of a change');
    await waitFor(() => dev.stdout().includes('build  2: done'), 'its end');
    expect(dev.stdout().match(/build {2}\d+: .*\((start|changed: .*)\)/g)).toHaveLength(2);
    writeFileSync(join(folder, 'server.js'), server('two'));
    await waitFor(async () => (await ask(url)).version === 'two', 'the new code');
    expect(numbers(dev)).toBe(3);
  });

  const stamp = 'date +%s%N > stamp';
  const detached = `require('child_process').spawn('sh', ['-c', process.argv[1]], { detached: true, stdio: 'ignore' }).unref()`;
  test('elsewhere are not considered unchanged when a source was saved in the middle of the build', async () => {
    const outside = makeProject({ go: '' });
    // Reads its source, reports that, and waits for permission to continue.
    const build = `node -e "
      const fs = require('fs');
      const text = fs.readFileSync('source.txt', 'utf8');
      fs.writeFileSync('${outside}/has-read', '');
      const timer = setInterval(() => {
        if (!fs.existsSync('${outside}/go')) return;
        clearInterval(timer);
        fs.writeFileSync('${outside}/out.txt', text);
      }, 10);
    "`;
    const folder = makeProject({
      'jamdev.config.json': { command: 'node server.js', build, watch: ['source.txt', 'other.txt'] },
      'source.txt': 'one',
      'other.txt': '',
      'server.js': `const text = require('fs').readFileSync('${outside}/out.txt', 'utf8'); require('http').createServer((q, s) => s.end(text)).listen(process.env.PORT)`,
    });
    const dev = await startDev(folder);
    await untilWatching(dev);
    const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'k' })).json<{ url: string }>();
    expect((await send(url)).text).toBe('one');
    for (const name of ['go', 'has-read']) rmSync(join(outside, name));
    writeFileSync(join(folder, 'other.txt'), 'changed');
    await waitFor(() => existsSync(join(outside, 'has-read')), 'the build to have read its source');
    writeFileSync(join(folder, 'source.txt'), 'two');
    writeFileSync(join(outside, 'go'), '');
    await waitFor(async () => (await send(url)).text === 'two', 'the save');
  });

  test.each([
    ['in the background', `${stamp}; (sleep 1; ${stamp}) > /dev/null 2>&1 &`],
    // Only Linux shows the environment that identifies such a process.
    ...(process.platform === 'linux'
      ? [['by a process that left it', `node -e "${detached}" "sleep 1; ${stamp}"`]]
      : []),
  ])(
    'differently each time, a second after the build ends, %s, start few builds and print a warning',
    async (_, build) => {
      const { dev } = await startProject({ build });
      await waitFor(() => dev.stdout().includes('The build itself writes "stamp"'), 'the message');
      expect(dev.stdout()).toContain('add "ignore": ["/stamp"]');
      const built = numbers(dev);
      expect(built).toBeLessThanOrEqual(6);
      writeFileSync(join(dev.folder, 'server.js'), server('two'));
      await waitFor(() => numbers(dev) === built + 1, 'the build of a real change');
    },
    60_000,
  );
});

test('a log that gets a line after each build stops starting builds, and other files still do', async () => {
  const { dev, folder, save } = await startProject();
  const builds = () => dev.stdout().match(/build +\d+: done/g)?.length ?? 0;
  let lines = 0;
  const addLine = () => {
    // The program opens and closes its log for each line.
    if (builds() <= lines) return;
    lines = builds();
    appendFileSync(join(folder, 'web.log'), `session ${lines} has ended\n`);
  };
  const timer = setInterval(addLine, 10);
  onTestFinished(() => clearInterval(timer));
  save('started\n', 'web.log');
  await waitFor(() => dev.stdout().includes('"web.log" seems to be a log'), 'the end of the loop');
  expect(dev.stdout()).toContain('add "ignore": ["/web.log"]');
  const before = builds();
  save(server('two'));
  await waitFor(() => lines > before, 'a line about the build of server.js');
  save('1', 'other.txt');
  await waitFor(() => builds() > before + 1, 'the build of other.txt');
  expect(dev.stdout().split('seems to be a log')[1]).not.toContain('changed: web.log');
  // It may still be a file that people write.
  clearInterval(timer);
  save('written again\n', 'web.log');
  await waitFor(
    () => /changed: web\.log/.test(dev.stdout().split('seems to be a log')[1] ?? ''),
    'a build for a new text',
  );
});

test('builds of two services that write different content into one folder do not start each other endlessly', async () => {
  const build = (name: string) => `date +%s%N > ${name}`;
  const service = (name: string) => ({ command: 'node server.js', build: build(name) });
  const folder = makeProject({
    'jamdev.config.json': { services: { a: service('stampA'), b: service('stampB') } },
    'server.js': server('one'),
  });
  const dev = await startDev(folder);
  for (const name of ['stampA', 'stampB']) {
    await waitFor(() => dev.stdout().includes(`itself writes "${name}"`), 'the message');
  }
  expect(dev.stdout().match(/build {2}\w \d+: done/g)?.length).toBeLessThanOrEqual(2 * 6);
});

describe('onChange', () => {
  test('terminate: running backends end softly, and the next connect with their key gets the new code', async () => {
    const { dev, connect, save } = await startProject({ onChange: 'terminate' });
    const first = await connect({ key: 'k' });
    expect((await ask(first.url)).version).toBe('one');
    save(server('two'));
    await waitFor(() => / terminated \(/.test(dev.stdout()), 'the end of the old one');
    const second = await connect({ key: 'k' });
    expect(second).toMatchObject({ spawned: true });
    expect((await ask(second.url)).version).toBe('two');
  });

  test('keep: only new backends get the new code', async () => {
    const { dev, connect, save } = await startProject({ onChange: 'keep' });
    const first = await connect({ key: 'k' });
    const { pid } = await ask(first.url);
    save(server('two'));
    await waitFor(() => dev.stdout().includes('changed: server.js'), 'the build');
    expect((await ask((await connect({ key: 'other' })).url)).version).toBe('two');
    expect(await ask(first.url)).toEqual({ version: 'one', pid });
  });

  test('restart: the same URL reaches the new code, no request is lost, and only one process lives at a time', async () => {
    const { dev, connect, save } = await startProject({ onChange: 'restart' });
    const { url, backend_id } = await connect({ key: 'k' });
    const statuses = await openStream(`${dev.apiUrl}/v2/backend/${backend_id}/status/stream`);
    const old = await ask(url);
    const answers: { version: string; pid: number; sentMs: number; receivedMs: number; status: number }[] = [];
    let go = true;
    const clients = Array.from({ length: 6 }, async (_, index) => {
      while (go) {
        const sentMs = performance.now();
        const answer = await send(`${url}${index % 2 ? 'slow' : ''}`);
        answers.push({ ...answer.json<Answer>(), sentMs, receivedMs: performance.now(), status: answer.status });
      }
    });
    save(server('two'));
    await waitFor(() => answers.some(({ version }) => version === 'two'), 'the new code');
    const websocket = new WebSocket(url.replace('http', 'ws'));
    onTestFinished(() => websocket.terminate());
    expect(await new Promise((resolve) => websocket.once('message', (data) => resolve(String(data))))).toBe('two');
    go = false;
    await Promise.all(clients);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    // Of two requests on two connections, the one that was sent first may arrive last.
    const firstOfNew = Math.min(
      ...answers.filter(({ version }) => version === 'two').map(({ receivedMs }) => receivedMs),
    );
    expect(answers.filter(({ version, sentMs }) => version === 'one' && sentMs > firstOfNew)).toEqual([]);
    expect(await living([old.pid])).toEqual([]);
    expect((await connect({ key: 'k' })).backend_id).toBe(backend_id);
    expect(statuses.chunks.join('').match(/"status":"[\w-]+"/g)).toEqual(
      ['scheduled', 'loading', 'starting', 'waiting', 'ready'].map((status) => `"status":"${status}"`),
    );
  });

  test('restart: upgrades during the swap wait for the new code', async () => {
    const { dev, connect, save } = await startProject({ onChange: 'restart' });
    const { url } = await connect({ key: 'k' });
    await ask(url);
    save(server('two'));
    await waitFor(() => dev.stdout().includes('replaced by build'), 'the swap to begin');
    const websocket = new WebSocket(url.replace('http', 'ws'));
    onTestFinished(() => websocket.terminate());
    expect(await new Promise((resolve) => websocket.once('message', (data) => resolve(String(data))))).toBe('two');
  });

  test('restart: several saves in a row end with the newest code', async () => {
    const { connect, save } = await startProject({ onChange: 'restart' });
    const { url } = await connect({ key: 'k' });
    await ask(url);
    for (const version of ['two', 'three', 'four']) {
      save(server(version));
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    await waitFor(async () => (await ask(url)).version === 'four', 'the newest code');
  });

  test.each([
    ['code', 'server.js', server],
    ['a file read by the code', 'page.txt', (version: string) => version],
  ])(
    'restart: %s, saved again each time the session shows the last save, is never held back',
    async (_, name, text) => {
      const { dev, connect, save } = await startProject({}, [], { JAMDEV_DEBUG: '1' });
      if (name === 'page.txt') {
        save('one', name);
        save(server('one').replace("version: 'one'", "version: require('fs').readFileSync('page.txt', 'utf8')"));
        await waitFor(() => dev.stdout().includes('build  2: done'), 'the code that reads a file');
      }
      const { url } = await connect({ key: 'k' });
      for (let number = 0; number < 8; number += 1) {
        await waitFor(async () => (await ask(url)).version === (number === 0 ? 'one' : `v${number}`), 'the last save');
        save(text(`v${number + 1}`), name);
      }
      await waitFor(() => dev.stderr().includes(`default: changed ${name} (by other): build`), 'a decision');
      expect(dev.stderr()).not.toContain(': hold');
    },
  );

  test('restart: a file saved at the last moment of each build is built and never mistaken for output', async () => {
    const copy = `const fs = require("fs"); fs.existsSync("source.txt") && fs.writeFileSync("out.txt", fs.readFileSync("source.txt")); setTimeout(() => undefined, 50)`;
    const { dev, connect, save, folder } = await startProject({
      build: `node -e '${copy}'`,
      command: 'node server.js',
    });
    // A file that has only ever changed during builds may be their output, so the first save comes while none runs.
    const { url } = await connect({ key: 'k' });
    await ask(url);
    expect(dev.stdout()).toContain('build  1: done');
    save('one', 'source.txt');
    save(server('one').replace("version: 'one'", "version: require('fs').readFileSync('out.txt', 'utf8')"));
    await waitFor(async () => (await ask(url)).version === 'one' && existsSync(join(folder, 'out.txt')), 'the output');
    for (let round = 0; round < 3; round += 1) {
      save(`early ${round}`, 'source.txt');
      await waitFor(
        () => readFileSync(join(folder, 'out.txt'), 'utf8') === `early ${round}`,
        'the build to be nearly over',
      );
      save(`late ${round}`, 'source.txt');
      await waitFor(async () => (await ask(url)).version === `late ${round}`, 'the late save');
    }
  });

  test('restart: new code that exits at once ends the backend, and waiting requests are told', async () => {
    const { dev, connect, save } = await startProject({ onChange: 'restart' });
    const { url } = await connect({ key: 'k' });
    await ask(url);
    save('console.log("half-way"); process.exit(6)');
    await waitFor(() => dev.stdout().includes('crashed: exit code 6'), 'the crash');
    expect((await send(url)).json()).toMatchObject({
      error: { status: 410, message: expect.stringContaining('exit code 6') },
    });
    expect((await connect({ key: 'k' })).spawned).toBe(true);
  });
});

describe('a build that fails', () => {
  const build = `node -e "if (require('fs').readFileSync('server.js', 'utf8').includes('TYPO')) { console.log('server.js:1 TYPO'); process.exit(1) }"`;

  test('ends no session, and the next save fixes it', async () => {
    const { dev, connect, save } = await startProject({ build, onChange: 'restart' });
    const { url } = await connect({ key: 'k' });
    const before = await ask(url);
    const websocket = new WebSocket(url.replace('http', 'ws'));
    onTestFinished(() => websocket.terminate());
    await new Promise((resolve) => websocket.once('message', resolve));
    save(`TYPO`);
    await waitFor(() => dev.stdout().includes('failed (exit code 1)'), 'the failure');
    expect(dev.stdout()).toContain('server.js:1 TYPO');
    expect(await ask(url)).toEqual(before);
    expect(websocket.readyState).toBe(WebSocket.OPEN);
    const forced = await runCli(['build'], { cwd: dev.folder });
    expect(forced).toMatchObject({ code: 1, stdout: expect.stringContaining('server.js:1 TYPO') });
    save(server('two'));
    await waitFor(async () => (await ask(url)).version === 'two', 'the fixed code');
    const built = await runCli(['build', '--json'], { cwd: dev.folder });
    expect(JSON.parse(built.stdout)).toMatchObject({ result: 'succeeded' });
  });

  test('ends no session if the typo is saved during a requested build that has already read the file', async () => {
    const gate = makeProject({ held: '' });
    const [held, read] = [join(gate, 'held'), join(gate, 'read')].map((path) => JSON.stringify(path));
    const program = `
      const fs = require('fs');
      if (fs.readFileSync('server.js', 'utf8').includes('TYPO')) process.exit(1);
      fs.writeFileSync(${read}, '');
      setInterval(() => { if (!fs.existsSync(${held})) process.exit(0); }, 20);`;
    const folder = makeProject({ 'check.cjs': program });
    rmSync(join(gate, 'held'));
    const { dev, connect, save } = await startProject({
      build: `node ${join(folder, 'check.cjs')}`,
      onChange: 'restart',
    });
    const { url } = await connect({ key: 'k' });
    const before = await ask(url);
    rmSync(join(gate, 'read'));
    writeFileSync(join(gate, 'held'), '');
    const requestedBuild = runCli(['build'], { cwd: dev.folder });
    await waitFor(() => existsSync(join(gate, 'read')), 'the build to have read the file');
    save('TYPO');
    rmSync(join(gate, 'held'));
    expect((await requestedBuild).code).toBe(0);
    await waitFor(() => dev.stdout().includes('failed (exit code 1)'), 'the build for the typo');
    expect(await ask(url)).toEqual(before);
    save(server('two'));
    await waitFor(async () => (await ask(url)).version === 'two', 'the fixed code');
  });

  test('at the start answers connects with 503 and its last lines until a save fixes it', async () => {
    const folder = makeProject({ 'jamdev.config.json': { command: 'node server.js', build }, 'server.js': 'TYPO' });
    const dev = await startDev(folder);
    await waitFor(() => dev.stdout().includes('failed (exit code 1)'), 'the failure');
    const refused = await post(`${dev.apiUrl}/v2/service/-/-/connect`, {});
    expect(refused.json()).toMatchObject({
      error: { status: 503, message: expect.stringContaining('server.js:1 TYPO') },
    });
    await untilWatching(dev);
    writeFileSync(join(folder, 'server.js'), server('fixed'));
    const answer = await waitFor(async () => {
      const connected = await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'k' });
      return connected.status === 200 ? connected.json<{ url: string }>() : undefined;
    }, 'the fixed code');
    expect((await ask(answer.url)).version).toBe('fixed');
  });

  test('a stale build is cancelled, and the newest change wins', async () => {
    const slow = `node -e "const text = require('fs').readFileSync('input.txt', 'utf8'); setTimeout(() => require('fs').writeFileSync('out.txt', text), 600)"`;
    const folder = makeProject({
      'jamdev.config.json': { command: 'node server.js', build: slow, watch: 'input.txt' },
      'input.txt': 'first',
      'server.js': `require('http').createServer((q, s) => s.end(require('fs').readFileSync('out.txt'))).listen(process.env.PORT)`,
    });
    const dev = await startDev(folder);
    await waitFor(() => dev.stdout().includes('build  1: done'), 'the first build');
    await untilWatching(dev);
    writeFileSync(join(folder, 'input.txt'), 'second');
    await waitFor(() => /build {2}2: /.test(dev.stdout()), 'the second build');
    writeFileSync(join(folder, 'input.txt'), 'newest');
    await waitFor(
      () => /build {2}2: canceled/.test(dev.stdout()) && /build {2}3: done/.test(dev.stdout()),
      'the newest build',
    );
    const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, {})).json<{ url: string }>();
    expect((await send(url)).text).toBe('newest');
  });
});

test('jamdev build stops waiting when the dev server ends, and without one says what to run', async () => {
  const { code, stderr } = await runCli(['build'], { cwd: makeProject() });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/jamdev\.js dev/) });
});

test('a watched path that does not exist is reported, the others are watched, and it counts once it exists', async () => {
  const folder = makeProject({
    'jamdev.config.json': { command: 'node server.js', watch: ['nope', 'src'] },
    'server.js': server('one'),
    'src/a.js': '',
  });
  const dev = await startDev(folder);
  await waitFor(() => dev.stdout().includes(`Watched path ${join(folder, 'nope')} does not exist.`), 'the warning');
  await untilWatching(dev);
  writeFileSync(join(folder, 'src', 'a.js'), 'changed');
  await waitFor(() => dev.stdout().includes('changed: src/a.js'), 'the watched file');
  const doctor = await runCli(['doctor', '--json'], { cwd: folder });
  expect(doctor.stdout).toContain('nope does not exist.');
  mkdirSync(join(folder, 'nope'));
  writeFileSync(join(folder, 'nope', 'made.js'), '');
  await waitFor(() => dev.stdout().includes('changed: nope/made.js'), 'the file in the path that was missing');
});

describe('a change of the config file', () => {
  test('takes effect without a restart: the session runs the new command under the same URL', async () => {
    const { dev, connect, save } = await startProject();
    const { url } = await connect({ key: 'k' });
    const { pid } = await ask(url);
    save(server('other'), 'other.js');
    await waitFor(() => dev.stdout().includes('changed: other.js'), 'the new file');
    save('{"command":"node other.js"}', 'jamdev.config.json');
    await waitFor(async () => (await ask(url)).version === 'other', 'the new command');
    expect(dev.stdout()).toContain('(changed: jamdev.config.json)');
    expect(await living([pid])).toEqual([]);
  });

  test('that is invalid is reported, and the previous config stays in use', async () => {
    const { dev, folder, connect, save } = await startProject();
    const { url } = await connect({ key: 'k' });
    const before = await ask(url);
    const path = join(folder, 'jamdev.config.json');
    const states: [make: () => void, problem: string][] = [
      [() => save('{"command":', 'jamdev.config.json'), 'is not valid JSON'],
      [() => save('['.repeat(200_000), 'jamdev.config.json'), 'nested too deeply'],
      [() => symlinkSync('jamdev.config.json', path), 'its symbolic links form a loop'],
      [() => symlinkSync(`${'x'.repeat(300)}`, path), 'is too long'],
      [() => symlinkSync('server.js/in-a-file', path), 'a part of the path is a file'],
      [() => mkdirSync(path), 'is a folder, not a regular file'],
    ];
    for (const [make, problem] of states) {
      rmSync(path, { recursive: true });
      make();
      const isReported = () =>
        dev
          .stdout()
          .split('\n')
          .some((line) => line.startsWith('The changed config is not used: ') && line.includes(problem));
      await waitFor(isReported, problem);
    }
    rmSync(path, { recursive: true });
    save('{"command":"node server.js","interactive":false}', 'jamdev.config.json');
    await waitFor(
      () => dev.stdout().includes('jamdev.config.json take effect after a restart: "interactive"'),
      'what needs a restart',
    );
    expect(await ask(url)).toEqual(before);
  });

  test('takes effect even if there was no config before, and so does a changed start script', async () => {
    const folder = makeProject({
      'package.json': { scripts: { start: 'node server.js' } },
      'server.js': server('one'),
      'other.js': server('other'),
      'third.js': server('third'),
    });
    const dev = await startDev(folder);
    await untilWatching(dev);
    const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'k' })).json<{ url: string }>();
    expect((await ask(url)).version).toBe('one');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: 'node other.js' } }));
    await waitFor(async () => (await ask(url)).version === 'other', 'the new start script');
    writeFileSync(join(folder, 'jamdev.config.json'), JSON.stringify({ command: 'node third.js' }));
    await waitFor(async () => (await ask(url)).version === 'third', 'the command of the new config file');
  });
});

describe('without a build', () => {
  test('a typo never reaches a session, and undoing it restarts no session', async () => {
    const { dev, connect, save } = await startProject();
    const { url } = await connect({ key: 'k' });
    const before = await ask(url);
    save('this is { not JavaScript');
    await waitFor(() => dev.stdout().includes('failed (syntax error in server.js)'), 'the check');
    expect(await ask(url)).toEqual(before);
    save(server('one'));
    await waitFor(() => /done in .+, nothing changed/.test(dev.stdout()), 'the undone typo');
    expect(await ask(url)).toEqual(before);
    save(server('two'));
    await waitFor(async () => (await ask(url)).version === 'two', 'the new code');
  });

  test('a typo in a required file blocks the build, but JSX of a front end in the same folder does not', async () => {
    const files = {
      'lib.js': 'module.exports = "lib one"',
      'server.js': server('one').replace(/^/, 'const lib = require("./" + "lib.js");\n').replace("'one'", 'lib'),
    };
    const { dev, folder, connect, save } = await startProject({}, [], {}, files);
    const { url } = await connect({ key: 'k' });
    expect((await ask(url)).version).toBe('lib one');
    // The preload reports loaded files a moment after the start.
    await waitFor(() => loadedFiles(folder).includes('lib.js'), 'what is loaded to be known');
    save('const a = <div/>', 'app.jsx.js');
    // A file saved before a new process has loaded it is loaded, valid or not.
    await waitFor(
      () => /changed: [^\n]*app\.jsx\.js[^\n]*\)\n[\s\S]*ready on build/.test(dev.stdout()),
      'the front end',
    );
    save('module.exports = (', 'lib.js');
    await waitFor(() => dev.stdout().includes('failed (syntax error in lib.js)'), 'the check');
    expect((await ask(url)).version).toBe('lib one');
    save('module.exports = "lib two"', 'lib.js');
    await waitFor(async () => (await ask(url)).version === 'lib two', 'the new library');
    expect(dev.stdout()).not.toContain('syntax error in app.jsx.js');
  });

  test('a file that is touched or saved unchanged is not a change', async () => {
    const { dev, connect, save } = await startProject();
    const { url } = await connect({ key: 'k' });
    const before = await ask(url);
    save(server('one'));
    save('x', 'marker.txt');
    await waitFor(() => dev.stdout().includes('(changed: marker.txt)'), 'the file that changed');
    expect(dev.stdout()).not.toContain('changed: server.js');
    expect((await ask(url)).version).toBe(before.version);
  });
});

test('with polling, a build that changes nothing restarts no session, and a later save is noticed', async () => {
  const { dev, connect, save } = await startProject({ poll: true, build: 'node --check server.js' });
  const { url } = await connect();
  const { pid } = await ask(url);
  for (let count = 0; count < 2; count += 1)
    expect((await runCli(['build'], { cwd: dev.folder })).stdout).toContain('nothing changed');
  expect((await ask(url)).pid).toBe(pid);
  save(server('two'));
  await waitFor(async () => (await ask(url)).version === 'two', 'the new code');
  save(server('three'));
  await waitFor(async () => (await ask(url)).version === 'three', 'the newest code');
});

test('an import of an unwatched file is reported with the folder to add', async () => {
  const repository = makeProject({
    'app/package.json': { type: 'module', scripts: { start: 'node server.js' } },
    'app/server.js': 'import "shared"; import "http"',
    'packages/shared/package.json': { name: 'shared', main: 'main.js' },
    'packages/shared/main.js': '',
  });
  mkdirSync(join(repository, 'app', 'node_modules'));
  symlinkSync('../../packages/shared', join(repository, 'app', 'node_modules', 'shared'));
  const dev = await startDev(join(repository, 'app'));
  await waitFor(() => dev.stdout().includes('set "watch": [".", "../packages/shared"]'), 'the remark');
});

test('a replaced or ended session shows the reason in its status, its logs and the list', async () => {
  const { dev, connect, save } = await startProject();
  const { url, backend_id } = await connect({ key: 'k' });
  await ask(url);
  save(server('two'));
  await waitFor(async () => (await ask(url)).version === 'two', 'the new code');
  const why = 'replaced by build 2 (changed: server.js)';
  expect(dev.stdout()).toContain(why);
  expect((await runCli(['status', 'k'], { cwd: dev.folder })).stdout).toContain(why);
  expect((await runCli(['logs', 'k', '--no-follow'], { cwd: dev.folder })).stdout).toContain(why);
  const { backends } = (await send(`${dev.apiUrl}/_jamdev/backends`)).json<{ backends: { explanation: string }[] }>();
  expect(backends[0]?.explanation).toBe(why);
  expect((await send(`${dev.apiUrl}/v2/backend/${backend_id}/status`)).json()).toMatchObject({ status: 'ready' });
});
