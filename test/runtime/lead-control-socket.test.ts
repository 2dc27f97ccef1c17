import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { withPreload } from '../../src/runtime/process/node-preload.js';
import { makeProject } from '../support/project.js';

const FOLDER = fileURLToPath(new URL('../../src/runtime/process/', import.meta.url));

/** What a program finds at the fixed path with every function that connects to one, and at a path next to it. */
const LOOK = `
  const FIXED = '/jamsocket-control/jamsocket-sdk.sock';
  const OTHER = '/jamsocket-control/other.sock';
  const failed = (error) => error.code;
  async function look(fs, existsSync, net, connect) {
    const callback = (name) => new Promise((done) => fs[name](FIXED, (error) => done(error ? error.code : 'yes')));
    const reach = (socket) => new Promise((done) => {
      socket.once('data', (data) => { socket.destroy(); done(String(data)); }).once('error', (error) => done(error.code));
    });
    return {
      exists: [fs.existsSync(FIXED), existsSync(FIXED), fs.existsSync(OTHER)],
      isSocket: [fs.statSync(FIXED).isSocket(), fs.lstatSync(FIXED).isSocket(), (await fs.promises.stat(FIXED)).isSocket()],
      access: [fs.accessSync(FIXED) === undefined, await fs.promises.access(FIXED).then(() => 'yes', failed),
        await fs.promises.access(OTHER).then(() => 'yes', failed), await callback('access'), await callback('stat')],
      reached: [await reach(net.connect(FIXED)), await reach(net.createConnection({ path: FIXED })),
        await reach(connect(FIXED, () => {})), await reach(new net.Socket().connect(FIXED)),
        await reach(new net.Socket().connect({ path: FIXED })), await reach(net.connect(OTHER))],
      names: [fs.existsSync.name, fs.existsSync.length],
    };
  }
`;
const FOUND = {
  exists: [true, true, false],
  isSocket: [true, true, true],
  access: [true, 'yes', 'ENOENT', 'yes', 'yes'],
  reached: ['hello', 'hello', 'hello', 'hello', 'hello', 'ENOENT'],
  names: ['existsSync', 1],
};
const CJS = `${LOOK}
const fs = require('fs'), net = require('node:net');
look(fs, fs.existsSync, net, net.connect).then((found) => report(found));`;
const ESM = `
import fs, { existsSync } from 'node:fs';
import net, { connect } from 'net';
${LOOK}
report(await look(fs, existsSync, net, connect));`;
const PRINT = `function report(found) { console.log(JSON.stringify(found)); }`;
const worker = (options: string) => `
const { Worker } = require('node:worker_threads');
new Worker(require('node:path').join(__dirname, 'worker.cjs'), ${options});`;

async function run(main: string, files: Record<string, string>, preload: string, more: Record<string, string> = {}) {
  const folder = makeProject(files);
  const socket = join(folder, 's');
  const server = createServer((connection) => connection.on('error', () => undefined).end('hello')).listen(socket);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const env = { ...process.env, ...more, NODE_OPTIONS: withPreload('', join(FOLDER, preload)) };
  const child = spawn(process.execPath, [main], { cwd: folder, env: { JAMDEV_CONTROL_SOCKET: socket, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  await once(child, 'close');
  return Buffer.concat(output).toString();
}

test.each([
  ['CommonJS', 'main.cjs', { 'main.cjs': PRINT + CJS }],
  ['an ES module', 'main.mjs', { 'main.mjs': ESM + PRINT }],
  ['a Worker', 'main.cjs', { 'main.cjs': worker('{}'), 'worker.cjs': PRINT + CJS }],
  [
    'a child process',
    'main.cjs',
    {
      'main.cjs': `require('node:child_process').fork(require('node:path').join(__dirname, 'child.cjs'));`,
      'child.cjs': PRINT + CJS,
    },
  ],
])('%s reaches its own socket through the fixed path, and through no other', async (_, main, files) => {
  for (const preload of ['lead-control-socket.cjs', 'remap-8080.cjs']) {
    expect(JSON.parse(await run(main, files, preload))).toEqual(FOUND);
  }
});

test('a Worker with its own environment does so too', async () => {
  const files = { 'main.cjs': worker('{ env: { OWN: "1" } }'), 'worker.cjs': PRINT + CJS };
  const output = await run('main.cjs', files, 'remap-8080.cjs', { JAMDEV_WRITES_FOLDER: makeProject() });
  expect(JSON.parse(output)).toEqual(FOUND);
});

test('a process outside of a pool finds nothing at the fixed path', async () => {
  const program = `console.log(require('node:fs').existsSync('/jamsocket-control/jamsocket-sdk.sock'));
    require('node:net').connect('/jamsocket-control/jamsocket-sdk.sock').on('error', ({ code }) => console.log(code));`;
  const output = await run('main.cjs', { 'main.cjs': program }, 'remap-8080.cjs', { JAMDEV_CONTROL_SOCKET: '' });
  expect(output).toBe('false\nENOENT\n');
});
