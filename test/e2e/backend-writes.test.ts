import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCli, startDev, untilWatching } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject, ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** The minimum time a person needs to look at the result of a save. */
const LOOKING_MS = 500;

/** What the backend does on a request for `/NAME`; `n` grows with every request. */
const ROUTES = `
  sync: () => fs.writeFileSync('sync.txt', 'request ' + n),
  promise: () => fs.promises.writeFile('promise.json', 'request ' + n),
  append: () => fs.promises.appendFile('append.log', 'request ' + n),
  stream: () => { stream ??= fs.createWriteStream('stream.log', { flags: 'a' }); stream.write('request ' + n); },
  upload: () => { fs.mkdirSync('uploads', { recursive: true }); fs.writeFileSync('uploads/' + n + '.png', 'x'); },
  atomic: () => { fs.writeFileSync('atomic.tmp', 'request ' + n); fs.renameSync('atomic.tmp', 'atomic.json'); },
  delete: () => fs.rmSync('sync.txt', { force: true }),
  after: () => void setTimeout(() => fs.writeFileSync('after.txt', 'request ' + n), 300),
  timer: () => void setInterval(() => fs.writeFileSync('timer.dat', String(process.hrtime.bigint())), 100),
  worker: () => new Promise((resolve) => new Worker(WORKER, { eval: true, env: {}, workerData: n }).once('exit', resolve)),
  module: async () => { fs.writeFileSync('generated.mjs', 'export default ' + n); await import('./generated.mjs?' + n); },
`;
const handler = `
let [n, stream] = [0];
const WORKER = "require('node:fs').writeFileSync('worker.txt', 'request ' + require('node:worker_threads').workerData)";
const routes = { ${ROUTES} };
http.createServer(async (request, response) => {
  n += 1;
  await routes[request.url.split('/').at(-1)]?.();
  response.end(JSON.stringify({ pid: process.pid, version: 'one' }));
}).listen(process.env.PORT);
`;
const SERVERS = {
  'server.cjs': `const fs = require('node:fs'); const http = require('node:http'); const { Worker } = require('node:worker_threads'); ${handler}`,
  'server.mjs': `import fs from 'node:fs'; import http from 'node:http'; import { Worker } from 'node:worker_threads'; ${handler}`,
};
const NAMES = [
  'sync',
  'promise',
  'append',
  'stream',
  'upload',
  'atomic',
  'delete',
  'after',
  'timer',
  'worker',
  'module',
];

async function start(files: Record<string, string | object>, env: NodeJS.ProcessEnv = {}) {
  const folder = makeProject(files);
  const dev = await startDev(folder, [], { env });
  await untilWatching(dev);
  const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'k' })).json<{ url: string }>();
  const ask = async (path = '') => (await send(`${url}${path}`)).json<{ pid: number; version: string }>();
  const builds = () => [...dev.stdout().matchAll(/build {2}\d+: .*\(changed: (.+)\)/g)].map((match) => match[1]);
  /** Resolves when the dev server has handled every change made before the call. */
  const handled = async () => {
    const count = builds().length;
    writeFileSync(join(folder, 'marker'), String(performance.now()));
    await waitFor(() => builds().length > count, 'the build of a change');
    return builds().slice(count);
  };
  return { dev, folder, url, ask, builds, handled };
}

describe.each([
  ['CommonJS', { command: 'node server.cjs' }],
  ['ES modules', { command: 'node server.mjs' }],
  ['a start script', { command: 'npm start' }],
  ['a build', { command: 'node server.mjs', build: 'node -e 0' }],
])('files that a backend with %s writes while it runs', (_, config) => {
  test('start no build and end no session, but a person’s save of the same file starts one', async () => {
    const { dev, folder, ask, builds } = await start({
      'jamdev.config.json': config,
      'package.json': { scripts: { start: 'node server.cjs' } },
      ...SERVERS,
    });
    const { pid } = await ask();
    const before = builds();
    for (let round = 0; round < 2; round += 1) for (const name of NAMES) expect((await ask(name)).pid).toBe(pid);
    const files = [
      'append.log',
      'stream.log',
      'atomic.json',
      'promise.json',
      'timer.dat',
      'generated.mjs',
      'after.txt',
      'worker.txt',
    ];
    for (const file of [...files, 'uploads/*.png']) {
      await waitFor(() => dev.stdout().includes(`add "ignore": ["/${file}"]`), `the message about ${file}`);
    }
    expect(builds()).toEqual(before);
    expect((await ask('sync')).pid).toBe(pid);
    writeFileSync(join(folder, 'sync.txt'), 'by a person');
    await waitFor(() => builds().length > before.length, 'the build');
    expect(builds().slice(before.length)).toEqual(['sync.txt']);
    await waitFor(async () => (await ask()).pid !== pid, 'the new process');
    appendFileSync(join(folder, 'append.log'), 'by a person');
    await waitFor(() => builds().includes('append.log'), 'the build of what was appended');
    for (const file of files) expect(dev.stdout().split(`A backend writes "${file}"`)).toHaveLength(2);
    const doctor = await runCli(['doctor', '--json'], { cwd: folder });
    expect(doctor.stdout).toContain('backends of default write /');
  });
});

test('a file that a backend writes rebuilds no service, unless another service runs it as code', async () => {
  const writer = `
    const fs = require('node:fs');
    let n = 0;
    require('node:http').createServer((request, response) => {
      n += 1;
      if (request.url.endsWith('data')) fs.writeFileSync('data.json', String(n));
      if (request.url.endsWith('code')) fs.writeFileSync('generated.cjs', 'module.exports = "generated"');
      response.end(String(process.pid));
    }).listen(process.env.PORT);
  `;
  const folder = makeProject({
    'jamdev.config.json': { services: { a: { command: 'node a.cjs' }, b: { command: 'node b.cjs' } } },
    'a.cjs': writer,
    'b.cjs': `const code = require('./generated.cjs'); require('node:http').createServer((request, response) => response.end(process.pid + ' ' + code)).listen(process.env.PORT)`,
    'generated.cjs': 'module.exports = 0',
  });
  const dev = await startDev(folder);
  await untilWatching(dev);
  const connect = async (service: string) =>
    (await post(`${dev.apiUrl}/v2/service/-/${service}/connect`, { key: service })).json<{ url: string }>().url;
  const [a, b] = [await connect('a'), await connect('b')];
  const [pidA, before] = [(await send(a)).text, (await send(b)).text];
  expect((await send(`${a}data`)).text).toBe(pidA);
  await waitFor(() => dev.stdout().includes('A backend writes "data.json"'), 'the message');
  expect(dev.stdout().split('A backend writes "data.json"')).toHaveLength(2);
  expect((await send(b)).text).toBe(before);
  const { text: pid } = await send(`${a}code`);
  await waitFor(async () => (await send(b)).text.endsWith(' generated'), 'the generated code');
  expect(pid).toBe(pidA);
  expect((await send(a)).text).toBe(pidA);
  expect(dev.stdout()).not.toMatch(/build {2}a \d+: .*changed/);
});

/** Ways to write a file during a request in a process whose writes the preload cannot report. */
const FOREIGN: [string, string, string][] = [
  [
    'a shell that the backend waits for',
    'visits.txt',
    `require('node:child_process').execSync('date +%N >> visits.txt')`,
  ],
  [
    'a shell that the backend does not wait for',
    'visits.txt',
    `await require('node:util').promisify(require('node:child_process').exec)('date +%N >> visits.txt')`,
  ],
  [
    'a program that keeps running for a while',
    'visits.txt',
    `const child = require('node:child_process').spawn('sh', ['-c', 'date +%N > visits.txt; sleep 0.1']);
     await new Promise((resolve) => child.once('exit', resolve))`,
  ],
  [
    'node:sqlite, opening and closing the file,',
    'app.db',
    `const database = new sqlite.DatabaseSync('app.db');
     database.exec('CREATE TABLE IF NOT EXISTS visits (at INTEGER)');
     database.prepare('INSERT INTO visits VALUES (?)').run(Date.now());
     database.close()`,
  ],
];
const hasSqlite = Number(process.versions.node.split('.')[0]) >= 22;

describe.each(FOREIGN.filter(([, , work]) => hasSqlite || !work.includes('sqlite')))(
  'files that %s writes on each request',
  (_name, file, work) => {
    const needsSqlite = work.includes('sqlite');
    test('start no endless chain of builds, and every save by a person in between is built', async () => {
      const server = (version: string) => `
        ${needsSqlite ? "const sqlite = require('node:sqlite');" : ''}
        require('node:http').createServer(async (request, response) => {
          if (request.url.endsWith('/write')) { ${work} }
          response.end(JSON.stringify({ pid: process.pid, version: '${version}' }));
        }).listen(process.env.PORT);
      `;
      const { dev, folder, ask, builds } = await start({
        'jamdev.config.json': { command: 'node server.cjs' },
        'server.cjs': server('one'),
        'page.html': 'one',
      });
      const isReported = () => dev.stdout().includes(`A backend seems to write "${file}"`);
      // Code is saved while the chain of builds is still going on.
      await waitFor(async () => (await ask('write')) && builds().length >= 2, 'the first builds');
      writeFileSync(join(folder, 'server.cjs'), server('two'));
      await waitFor(async () => (await ask('write')).version === 'two', 'the new code');
      await waitFor(async () => (await ask('write')) && isReported(), 'the message');
      expect(dev.stdout()).toContain(`add "ignore": ["/${file}"]`);
      const { pid } = await ask('write');
      const before = builds();
      expect(before.length).toBeLessThanOrEqual(20);
      for (let round = 0; round < 5; round += 1) expect((await ask('write')).pid).toBe(pid);
      expect(builds()).toEqual(before);
      // From now on, every save by a person is built at once while requests keep coming.
      for (let round = 1; round <= 8; round += 1) {
        const saved = round % 2 === 0 ? 'page.html' : 'server.cjs';
        const { pid: old } = await ask('write');
        writeFileSync(join(folder, saved), round % 2 === 0 ? String(round) : server(`round ${round}`));
        // Nothing else starts builds by now, so the new process comes from the save.
        await waitFor(async () => (await ask()).pid !== old, `the build of ${saved}`);
        if (saved === 'server.cjs') expect((await ask()).version).toBe(`round ${round}`);
      }
      const count = builds().length;
      await waitFor(() => {
        writeFileSync(join(folder, file), `by a person ${performance.now()}`);
        return builds()
          .slice(count)
          .some((each) => each?.startsWith(file));
      }, 'the build of the same file');
    });
  },
);

const PYTHON = `
import http.server, json, os
n = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global n
        n += 1
        if self.path.endswith('/write'):
            with open('data.json', 'w') as file: file.write('%d %d' % (os.getpid(), n))
        body = json.dumps({'pid': os.getpid(), 'version': 'one'}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
`;

// Only Linux reports how much a process has written.
describe.runIf(process.platform === 'linux')('files that a backend in another language writes on each request', () => {
  test('start no endless chain of builds, and a person’s saves are still built', async () => {
    const { dev, folder, ask, builds } = await start({
      'jamdev.config.json': { command: 'python3 server.py' },
      'server.py': PYTHON,
      'page.html': 'one',
    });
    const isReported = () => dev.stdout().includes('A backend seems to write "data.json"');
    await waitFor(async () => (await ask('write')) && isReported(), 'the message');
    expect(dev.stdout()).toContain('add "ignore": ["/data.json"]');
    const before = builds();
    expect(before.length).toBeLessThanOrEqual(5);
    const { pid } = await ask('write');
    for (let round = 0; round < 5; round += 1) expect((await ask('write')).pid).toBe(pid);
    // First another file is saved, then the very file that the backend writes.
    writeFileSync(join(folder, 'page.html'), 'two');
    await waitFor(() => builds().includes('page.html'), 'the build of another file');
    await waitFor(async () => (await ask()).pid !== pid, 'the new process');
    await waitFor(() => {
      writeFileSync(join(folder, 'data.json'), `by a person ${performance.now()}`);
      return builds().length > before.length + 1;
    }, 'the build of the same file');
  });

  test('are distinguished from a person’s saves, which are never delayed', async () => {
    const files = { 'jamdev.config.json': { command: 'python3 server.py' }, 'server.py': PYTHON, 'page.html': 'one' };
    const { dev, folder, ask, builds } = await start(files, { JAMDEV_DEBUG: '1' });
    for (let round = 1; round <= 8; round += 1) {
      // The backend logs each request to its output and writes no file.
      await ask();
      await new Promise((resolve) => setTimeout(resolve, LOOKING_MS));
      writeFileSync(join(folder, 'page.html'), String(round));
      await waitFor(() => builds().length === round, 'the build');
      await waitFor(() => dev.stdout().includes(`ready on build ${round + 1}`), 'the new process');
    }
    expect(dev.stderr()).toContain('default: changed page.html (by other): build');
    expect(dev.stderr()).not.toContain(': hold');
  });
});

// Only Linux reports which files are open.
describe.runIf(process.platform === 'linux')('a file that an outside program has open for writing', () => {
  test('starts no build until it is closed, while other saves are built', async () => {
    const { dev, folder, ask, builds, handled } = await start({
      'jamdev.config.json': { command: 'node server.cjs' },
      ...SERVERS,
    });
    await ask();
    const command = `exec '${process.execPath}' '${join(ROOT, 'bin/jamdev.js')}' logs k > session.log`;
    const logs = spawn('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const tee = spawn('tee', ['-a', 'copy.log'], { cwd: folder, stdio: ['pipe', 'ignore', 'inherit'] });
    onTestFinished(() => {
      for (const each of [logs, tee]) each.kill('SIGKILL');
    });
    const isReported = (program: string, file: string) =>
      dev.stdout().includes(`${program} (pid ${program === 'tee' ? tee.pid : logs.pid}) is writing "${file}"`);
    await waitFor(() => {
      tee.stdin.write('line\n');
      return isReported('tee', 'copy.log');
    }, 'the message about tee');
    // Each replacement of the session adds a line to its log.
    for (let round = 1; !isReported('node', 'session.log') && round <= 20; round += 1) {
      expect(await handled()).toEqual(['marker']);
      await waitFor(() => dev.stdout().includes(`ready on build ${builds().length + 1}`), 'the replaced session');
    }
    expect(isReported('node', 'session.log')).toBe(true);
    expect(await handled()).toEqual(['marker']);
    expect(dev.stdout()).toContain('add "ignore": ["/copy.log"]');
    expect(builds().filter((each) => each !== 'marker')).toEqual([]);
    for (const [end, file] of [
      [() => tee.stdin.end(), 'copy.log'],
      [() => logs.kill(), 'session.log'],
    ] as const) {
      end();
      await waitFor(() => builds().includes(file), `the build of ${file}`);
      expect(await handled()).toEqual(['marker']);
      expect(builds().filter((each) => each === file)).toHaveLength(1);
    }
  });
});
