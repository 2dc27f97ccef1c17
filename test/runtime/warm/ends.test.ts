import os from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeProject } from '../../support/project.js';
import { runBothWays } from './both-ways.js';

/** Programs that end by themselves: file name, text, and options of Node.js. */
const ENDS: readonly [what: string, file: string, text: string, options?: string][] = [
  ['process.exit()', 'a.cjs', 'console.log(1); console.error(2); process.exit(3);'],
  ['process.exitCode', 'a.cjs', "process.exitCode = 4; process.on('exit', (code) => console.log(code));"],
  ['an end by itself', 'a.mjs', "process.on('beforeExit', (code) => console.log('before', code));"],
  [
    'process.exit() after an await',
    'a.mjs',
    'await new Promise((resolve) => setTimeout(resolve, 5)); process.exit(5);',
  ],
  ['an await that never ends', 'a.mjs', 'await new Promise(() => {});'],
  ['an exception in CommonJS', 'a.cjs', "function fail() {\n  throw new TypeError('broken');\n}\n\nfail();"],
  [
    'an exception in an ES module',
    'a.mjs',
    "import 'node:http';\n\nthrow new Error('broken', { cause: new RangeError('why') });",
  ],
  ['an exception after an await', 'a.mjs', "await 0;\nthrow new Error('broken');"],
  ['an exception that is not an error', 'a.cjs', "\nthrow { a: 'value' };"],
  ['an exception in a timer', 'a.cjs', "setTimeout(() => {\n  throw new Error('late');\n}, 5);"],
  ['an exception in a callback of the system', 'a.cjs', "require('node:fs').stat('.', () => undefined.broken);"],
  [
    'an exception with properties',
    'a.cjs',
    "throw Object.assign(new Error('broken'), { code: 'E_CODE', more: [1, { a: 2 }] });",
  ],
  [
    'an exception that is handled',
    'a.cjs',
    "process.on('uncaughtException', ({ stack }, origin) => console.log(stack, origin));\nthrow new Error('broken');",
  ],
  [
    'an exception with --trace-uncaught',
    'a.cjs',
    "function fail() {\n  throw new Error('broken');\n}\nfail();",
    '--trace-uncaught',
  ],
  ['an exception with a deep stack', 'a.cjs', 'Error.stackTraceLimit = 100;\nthrow new Error("deep");'],
  [
    'handled exceptions of the clock',
    'a.cjs',
    `const { timeStamp } = Object.getOwnPropertyDescriptors(Event.prototype);
const deep = (depth) => (depth === 0 ? performance.now.call({}) : deep(depth - 1));
const calls = [() => performance.mark(), () => performance.measure('a', 'b'), () => timeStamp.get.call({})];
for (const call of [...calls, () => deep(20)]) {
  try {
    call();
  } catch ({ stack }) {
    console.log(stack);
  }
}`,
  ],
  ['endless recursion', 'a.cjs', 'const fail = () => fail();\nfail();'],
  ['an error event without a listener', 'a.cjs', "new (require('node:events'))().emit('error', new Error('broken'));"],
  ['a rejection', 'a.cjs', "Promise.reject(new Error('broken'));\nsetTimeout(() => console.log('too late'), 1e5);"],
  ['a rejection that is not an error', 'a.cjs', 'Promise.reject(7);'],
  [
    'a rejection of an async function',
    'a.mjs',
    "async function fail() {\n  await 0;\n  throw new Error('broken');\n}\nfail();",
  ],
  ['a rejection that is ignored', 'a.cjs', "Promise.reject(new Error('broken'));", '--unhandled-rejections=none'],
  ['a syntax error in CommonJS', 'a.cjs', 'const a = 1;\nconst a = 2;\n'],
  ['a syntax error in an ES module', 'a.mjs', 'const a = 1;\n\nlet b = ;\n'],
  ['a missing module in CommonJS', 'a.cjs', "require('./no-such-file');"],
  ['a missing package in an ES module', 'a.mjs', "import 'no-such-package';"],
  ['a missing export', 'a.mjs', "import { noSuchExport } from 'node:fs';"],
  ['an ES module that is required by a CommonJS one', 'a.cjs', "console.log(typeof require('./b.mjs'));"],
  ['a missing preload', 'a.cjs', '', '--require=./no-such-file.cjs'],
  ['a preload that throws', 'a.cjs', '', '--require=./throws.cjs'],
  ['a preload as ES module', 'a.cjs', 'console.log(globalThis.preloaded)', '--import=./preload.mjs'],
  ['a loader', 'a.mjs', "import { ready } from 'from-loader'; console.log(ready);", '--import=./loader.mjs'],
  ['conditions', 'a.mjs', "import { which } from 'own-package/part'; console.log(which);", '--conditions=special'],
  ['types, which only some versions of Node.js strip', 'a.ts', 'const answer: number = 42;\nconsole.log(answer);'],
  ['warnings', 'a.cjs', "process.emitWarning('careful', { code: 'W1', detail: 'more' });\nnew Buffer(1);"],
  [
    'import.meta and require.main',
    'a.mjs',
    "import './main.cjs'; console.log(import.meta.main, import.meta.url, import.meta.filename, import.meta.dirname);",
  ],
  ['the main module in CommonJS', 'main.cjs', 'console.log(require.main === module, module.parent, module.children);'],
  ['a fork', 'forks.cjs', ''],
  ['a fork with its own options', 'forks.cjs', '', '--no-warnings --stack-size=900'],
  ['a cluster', 'cluster.cjs', ''],
  ['a cluster of ES modules', 'cluster.mjs', "import './cluster.cjs';"],
  ['source maps', 'a.cjs', "throw new Error('broken');\n//# sourceMappingURL=none.map", '--enable-source-maps'],
];
/** What a process started by another one reports about itself. */
const SEEN = `[process.execArgv, process.argv.slice(2), process.env.SESSION_BACKEND_ID, process.env.NODE_OPTIONS,
  Object.keys(process.env).filter((name) => name.startsWith('JAMDEV_S')), process.connected, require.main?.children.length]`;
const BESIDES = {
  'forks.cjs': `
    const { fork } = require('node:child_process');
    if (process.argv[2] === 'child') process.once('message', (sent) => process.send([sent, ${SEEN}], () => process.exit(4)));
    else {
      const child = fork(__filename, ['child', 'one'], { serialization: 'advanced' });
      child.send({ sent: new Map([[1, 2n]]) });
      child.on('message', (message) => console.log(message));
      child.on('exit', (code, signal) => console.log(code, signal, process.exit(6)));
    }`,
  'cluster.cjs': `
    const cluster = require('node:cluster');
    const http = require('node:http');
    if (cluster.isPrimary) {
      for (const OWN of ['first', 'second']) cluster.fork({ OWN });
      let listening = 0;
      cluster.on('exit', (_, code, signal) => console.log(code, signal));
      cluster.on('listening', () => (listening += 1) === 2 && ask());
      const seen = [];
      cluster.on('message', (worker, message) => seen.push(JSON.stringify([worker.id, message])));
      const ask = () => http.get({ port: process.env.PORT, agent: false }, async (answer) => {
        console.log(answer.statusCode, String(await answer.toArray()), seen.sort());
        for (const worker of Object.values(cluster.workers)) worker.send('end');
      });
    } else {
      process.send([process.env.OWN, ${SEEN}]);
      process.on('message', () => process.exit(3));
      http.createServer((_, response) => response.end('answer')).listen(8080);
    }`,
  'throws.cjs': "throw new Error('in the preload');",
  'preload.mjs': "globalThis.preloaded = 'by the preload';",
  'loader.mjs': "import { register } from 'node:module';\nregister('./hooks.mjs', import.meta.url);",
  'hooks.mjs':
    "export const resolve = (name, context, next) => name === 'from-loader' ? { url: 'data:text/javascript,export const ready = 1', shortCircuit: true } : next(name, context);",
  'b.mjs': 'export default 1;',
  'main.cjs': 'console.log(require.main, module.parent);',
  'package.json': JSON.stringify({
    name: 'own-package',
    exports: { './part': { special: './special.mjs', default: './default.mjs' } },
  }),
  'special.mjs': "export const which = 'special';",
  'default.mjs': "export const which = 'default';",
};

describe('a program has the same output and exit status when it was started ahead of time', () => {
  test.each(ENDS)('%s', async (_what, file, text, options = '') => {
    const cwd = makeProject({ ...BESIDES, [file]: text });
    const { cold, warm } = await runBothWays({ command: `node ${options} ${file}`, cwd });
    expect([cold.isWarm, warm.isWarm]).toEqual([false, true]);
    expect({ ...warm, isWarm: false }).toEqual(cold);
  });
});

/** Signals that end a server, and one with a special meaning for Node.js. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGQUIT', 'SIGKILL'] as const;
const WITH_HANDLER = `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGQUIT']) {
  process.on(name, (signal, number) => console.log(signal, number, process.exit(7)));
}`;

describe('a signal has the same effect on a program that was started ahead of time', () => {
  test.each(
    SIGNALS.flatMap((signal) => [
      { signal, handler: '' },
      { signal, handler: WITH_HANDLER },
    ]),
  )('$signal, handlers: "$handler.length"', async ({ signal, handler }) => {
    const cwd = makeProject({ 'a.cjs': `${handler}\nsetInterval(() => {}, 1e6);\nconsole.log('ready');` });
    const whenReady = (pid: number) => process.kill(pid, signal);
    const { cold, warm } = await runBothWays({ command: 'node a.cjs', cwd, whenReady });
    expect([cold.isWarm, warm.isWarm]).toEqual([false, true]);
    expect({ ...warm, isWarm: false }).toEqual(cold);
    const isHandled = handler !== '' && signal !== 'SIGKILL';
    expect(cold.exit).toEqual(
      isHandled ? { code: 7, signal: null } : { code: 128 + os.constants.signals[signal], signal },
    );
  });
});

const MAJOR = Number(process.versions.node.split('.')[0]);
const PERMISSION = MAJOR < 24 ? '--experimental-permission' : '--permission';
/** Programs that Node.js starts in other ways, with their correct output. */
const COLD: readonly [options: string, stdout: string][] = [
  ['-e process.exitCode=0 one', ''],
  ['-p process.argv.length one', '2\n'],
  ['--env-file=variables a.cjs', 'from a file\n'],
  ['--run script', 'script undefined\n'],
  ['--check a.cjs', ''],
  [`${PERMISSION} --no-warnings --allow-fs-read=* permission.cjs`, 'true false\n'],
  ['--test --test-reporter=dot passes.test.cjs', '.\n'],
];

describe('a command that must be started as usual works in a service with warm starts', () => {
  test.each(COLD)('node %s', async (options, stdout) => {
    const cwd = makeProject({
      'a.cjs': 'console.log(process.env.A);',
      variables: 'A=from a file',
      'permission.cjs': "console.log(process.permission.has('fs.read'), process.permission.has('fs.write'));",
      'passes.test.cjs': "require('node:test')('passes', () => {});",
      'package.json': { scripts: { script: 'node -p "\'script \' + process.env.A"' } },
    });
    const { cold, warm } = await runBothWays({ command: `node ${options}`, cwd });
    expect([cold.isWarm, warm.isWarm]).toEqual([false, false]);
    expect(warm).toEqual(cold);
    if (options !== '--run script' || MAJOR >= 22) expect(cold.stdout).toBe(stdout);
  });
});

test('a program in watch mode, which Node.js restarts, is started as usual', async () => {
  const cwd = makeProject({
    'a.cjs': "setInterval(() => {}, 1e6); console.log(process.env.SESSION_BACKEND_KEY, 'ready');",
  });
  const whenReady = (pid: number) => process.kill(pid, 'SIGTERM');
  const { cold, warm } = await runBothWays({ command: 'node --no-warnings --watch a.cjs', cwd, whenReady });
  expect([cold.isWarm, warm.isWarm]).toEqual([false, false]);
  expect(warm).toEqual(cold);
});
