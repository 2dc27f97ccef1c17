import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { PortPool } from '../../src/processes/port-pool.js';
import { withPreload } from '../../src/runtime/process/node-preload.js';
import { makeProject } from '../support/project.js';

const PRELOAD = fileURLToPath(new URL('../../src/runtime/process/remap-8080.cjs', import.meta.url));

/** What a program printed about its server: the address it listens on, or the error code. */
type Listening = { address?: string; port?: number; path?: string; error?: string; called?: boolean };

/**
 * Declares `show(server)`, which prints where the server listens and then ends the program, and `done`, a callback that
 * records that it was called.
 */
const PRELUDE = `
  let called = false;
  const done = () => { called = true; };
  const show = (server) => {
    server.once('error', (error) => { console.log(JSON.stringify({ error: error.code })); process.exit(); });
    server.once('listening', () => setImmediate(() => {
      const address = server.address();
      console.log(JSON.stringify(typeof address === 'string'
        ? { path: address, called }
        : { address: address.address, port: address.port, called }));
      process.exit();
    }));
    return server;
  };
`;

interface RunOptions {
  /** The PORT of a backend; null: none. */
  port?: number | string | null;
  extension?: 'cjs' | 'mjs';
  nodeOptions?: string;
  preload?: string;
  env?: Record<string, string>;
}

/** Runs a program in a real Node.js with the preload. @returns what it printed, parsed */
async function run(program: string, options: RunOptions = {}): Promise<Listening> {
  const { port = await freePort(), extension = 'cjs', preload = PRELOAD } = options;
  const folder = makeProject({ [`main.${extension}`]: program });
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
  env.NODE_OPTIONS = withPreload(options.nodeOptions, preload);
  delete env.PORT;
  if (port !== null) env.PORT = String(port);
  const child = spawn(process.execPath, [`main.${extension}`], { cwd: folder, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [output, errors] = ['', ''];
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  await once(child, 'close');
  if (output === '') throw new Error(`the program printed nothing: ${errors}`);
  return JSON.parse(output) as Listening;
}

// Ports that stay free until they are used, whatever else runs on the machine.
const pool = new PortPool();
afterAll(() => pool.close());

function freePort(): Promise<number> {
  return pool.acquire();
}

/** A CommonJS program that creates a server and calls listen. */
function cjs(listen: string, make = "require('node:http').createServer()"): string {
  return `${PRELUDE}\nconst server = show(${make});\nserver.${listen};`;
}

describe('listen on 8080 becomes the assigned port, on loopback', () => {
  test.each([
    ['(8080)', false],
    ["('8080')", false],
    ['(8080, done)', true],
    ["(8080, '0.0.0.0')", false],
    ["(8080, '::')", false],
    ["(8080, '')", false],
    ["(8080, '0.0.0.0', done)", true],
    ["(8080, '0.0.0.0', 511)", false],
    ["(8080, '0.0.0.0', 511, done)", true],
    ["(8080, '0.0.0.0', undefined, done)", true],
    ['(8080, 511)', false],
    ['(8080, 511, done)', true],
    ['(8080, undefined, done)', true],
    ['(8080, null, done)', true],
    ['(8080, undefined, undefined, done)', true],
    ["('8080', 'localhost', done)", true],
    ['({ port: 8080 })', false],
    ["({ port: '8080' })", false],
    ['({ port: 8080 }, done)', true],
    ["({ port: 8080, host: '0.0.0.0' })", false],
    ["({ port: 8080, host: '::', ipv6Only: false, backlog: 5, exclusive: true }, done)", true],
    ["({ port: 8080, path: '/ignored/by/node' })", false],
    ['({ port: 8080, fd: undefined, path: undefined })', false],
    ['({ port: 8080, fd: null })', false],
  ])('in the form listen%s', async (form, called) => {
    const port = await freePort();
    expect(await run(cjs(`listen${form}`), { port })).toEqual({ address: '127.0.0.1', port, called });
  });

  test.each([
    ['net', "require('node:net').createServer()"],
    ['https', "require('node:https').createServer()"],
    ['tls', "require('node:tls').createServer()"],
    ['http2', "require('node:http2').createServer()"],
    ['a class of its own', "new (class extends require('node:http').Server {})()"],
  ])('with a server of %s', async (_what, make) => {
    const port = await freePort();
    expect(await run(cjs("listen(8080, '0.0.0.0', done)", make), { port })).toEqual({
      address: '127.0.0.1',
      port,
      called: true,
    });
  });

  test('in an ES module, whose imports run before its own code', async () => {
    const port = await freePort();
    const program = `import { createServer } from 'node:http';\n${PRELUDE}\nshow(createServer()).listen(8080, done);`;
    expect(await run(program, { port, extension: 'mjs' })).toEqual({ address: '127.0.0.1', port, called: true });
  });

  test('in a worker thread', async () => {
    const port = await freePort();
    const program = `
      const { Worker, isMainThread } = require('node:worker_threads');
      ${PRELUDE}
      if (isMainThread) new Worker(__filename, { stdout: false }).on('exit', () => process.exit());
      else show(require('node:http').createServer()).listen(8080, done);
    `;
    expect(await run(program, { port })).toEqual({ address: '127.0.0.1', port, called: true });
  });

  test('in a child process of a program', async () => {
    const port = await freePort();
    const program = `
      if (process.argv[2] !== 'child') {
        require('node:child_process').spawn(process.execPath, [__filename, 'child'], { stdio: 'inherit' });
      } else {
        ${PRELUDE}
        show(require('node:http').createServer()).listen(8080, done);
      }
    `;
    expect(await run(program, { port })).toEqual({ address: '127.0.0.1', port, called: true });
  });

  test('with the user’s NODE_OPTIONS still in effect', async () => {
    const port = await freePort();
    const other = join(makeProject({ 'with space/other.cjs': 'globalThis.otherRan = true;' }), 'with space/other.cjs');
    const program = `if (!globalThis.otherRan) throw new Error('other did not run');\n${cjs('listen(8080)')}`;
    expect(await run(program, { port, nodeOptions: `--require "${other}"` })).toMatchObject({ port });
  });

  test('from a path with spaces and quotes', async () => {
    const folder = makeProject({ 'a "b" \\c/.keep': '' });
    const preload = join(folder, 'a "b" \\c', 'remap-8080.cjs');
    // The preload loads others from its own folder.
    cpSync(dirname(PRELOAD), dirname(preload), { recursive: true });
    const port = await freePort();
    expect(await run(cjs('listen(8080)'), { port, preload })).toMatchObject({ address: '127.0.0.1', port });
  });
});

describe('does not change', () => {
  test('another port', async () => {
    const other = await freePort();
    const asked = cjs(`listen(${other}, '127.0.0.1', done)`);
    expect(await run(asked)).toEqual({ address: '127.0.0.1', port: other, called: true });
    const byOptions = cjs(`listen({ port: ${await freePort()}, host: '0.0.0.0' })`);
    expect(await run(byOptions)).toMatchObject({ address: '0.0.0.0' });
  });

  test.each(['(0)', '()', '({ port: 0 })', '(undefined, done)', '(null)', '(done)'])(
    'any free port, as by listen%s',
    async (form) => {
      const assigned = await freePort();
      const { port, error } = await run(cjs(`listen${form}`), { port: assigned });
      expect(error).toBeUndefined();
      expect(port).toBeGreaterThan(0);
      expect([assigned, 8080]).not.toContain(port);
    },
  );

  test.each([
    ['({})', 'ERR_INVALID_ARG_VALUE'],
    ["('')", 'ERR_SOCKET_BAD_PORT'],
    ['(80800)', 'ERR_SOCKET_BAD_PORT'],
    ['({ port: true })', 'ERR_INVALID_ARG_VALUE'],
  ])('errors of Node.js, as by listen%s', async (form, code) => {
    const program = `
      try {
        require('node:net').createServer().listen${form};
      } catch (error) {
        console.log(JSON.stringify({ error: error.code }));
      }
    `;
    expect(await run(program)).toEqual({ error: code });
  });

  test.each(['(SOCKET)', '({ path: SOCKET })', '(SOCKET, done)'])('a unix socket, as by listen%s', async (form) => {
    const path = join(makeProject(), 's');
    const { path: got } = await run(cjs(`listen${form.replace('SOCKET', JSON.stringify(path))}`));
    expect(got).toBe(path);
    expect(existsSync(join(path, '..'))).toBe(true);
  });

  test('a unix socket whose name resembles the port', async () => {
    expect(await run(cjs("listen('./8080')"))).toMatchObject({ path: './8080' });
  });

  test.each(['{ fd: 3 }', '{ fd: 3, port: 8080 }'])('an inherited handle, as by listen(%s)', async (argument) => {
    const program = `
      const net = require('node:net');
      ${PRELUDE}
      if (process.argv[2] === undefined) {
        const first = net.createServer().listen(0, '127.0.0.1', () => {
          const argv = [__filename, String(first.address().port)];
          const stdio = ['inherit', 'inherit', 'inherit', first._handle.fd];
          require('node:child_process').spawn(process.execPath, argv, { stdio }).once('exit', () => process.exit());
        });
      } else {
        const server = net.createServer();
        server.once('error', (error) => { console.log(JSON.stringify({ error: error.code })); process.exit(); });
        server.listen(${argument}, () => {
          console.log(JSON.stringify({ called: server.address().port === Number(process.argv[2]) }));
          process.exit();
        });
      }
    `;
    expect(await run(program)).toEqual({ called: true });
  });

  test('another server instead of a port', async () => {
    const program = `
      const net = require('node:net');
      const first = net.createServer().listen(0, '127.0.0.1', () => {
        const second = net.createServer().listen(first, () => {
          console.log(JSON.stringify({ called: second.address().port === first.address().port }));
          process.exit();
        });
      });
    `;
    expect(await run(program)).toEqual({ called: true });
  });

  test.each([
    ['no PORT', null],
    ['PORT=8080', 8080],
    ['PORT=0', 0],
    ['a PORT that is not a number', 'auto'],
  ])('anything if a backend has %s', async (_what, port) => {
    const program = `
      const before = require('node:net').Server.prototype.listen;
      console.log(JSON.stringify({ called: before.name === 'remappedListen' }));
    `;
    expect(await run(program, { port })).toEqual({ called: false });
    expect(await run(program, { port: 12_345 })).toEqual({ called: true });
  });

  test('a PORT set by the command, because the backend’s port has its own variable', async () => {
    const port = await freePort();
    const program = `
      ${PRELUDE}
      show(require('node:net').createServer().listen(Number(process.env.PORT)));
    `;
    for (const set of [8080, '8080']) {
      const env = { JAMDEV_BACKEND_PORT: String(port) };
      expect(await run(program, { port: set, env })).toMatchObject({ address: '127.0.0.1', port });
    }
  });

  test('the options object that a program passed', async () => {
    const port = await freePort();
    const program = `
      ${PRELUDE}
      const options = Object.freeze({ port: 8080, host: '0.0.0.0' });
      show(require('node:http').createServer()).listen(options, () => { called = options.port === 8080; });
    `;
    expect(await run(program, { port })).toEqual({ address: '127.0.0.1', port, called: true });
  });

  test('the errors of listen', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    expect(await run(cjs('listen(8080)'), { port })).toEqual({ error: 'EADDRINUSE' });
  });
});
