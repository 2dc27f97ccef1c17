import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import { listProcesses } from '../../../src/processes/process-table.js';
import type { ProcessRecord } from '../../../src/records/server-records.js';
import { findRunnerDifference } from '../../../src/runtime/process/boot-variables.js';
import { readNodeCommand } from '../../../src/runtime/process/node-command.js';
import { ProcessRuntime } from '../../../src/runtime/process/process-runtime.js';
import { makeProject } from '../../support/project.js';
import { makeRegister } from '../../support/register.js';
import { living, waitFor } from '../../support/wait.js';
import { runBothWays } from './both-ways.js';

const SCRIPTS = {
  start: 'node a.cjs',
  run: 'node --no-warnings a.cjs --inspect',
  again: 'npm run run',
  endless: 'npm run endless',
  two: 'node a.cjs && node a.cjs',
  variable: 'A=1 node a.cjs',
  debugger: 'node --inspect a.cjs',
  none: 'node',
  other: 'tsx a.ts',
  before: 'node a.cjs',
  prebefore: 'node b.cjs',
  after: 'node a.cjs',
  postafter: 'node b.cjs',
  empty: ' ',
};
const WARM = [
  ...['npm start', 'npm run start', 'npm run run', 'npm run-script run', 'npm run again', 'npm -s start'],
  ...['npm start --silent', 'npm start one', 'npm start -- --inspect', 'pnpm start', 'pnpm run run', 'yarn start'],
];
const COLD = [
  ...['npm', 'npm run', 'npm install', 'npm test', 'npm exec x', 'npm run no-such', 'npm run endless', 'npm run two'],
  ...['npm run variable', 'npm run debugger', 'npm run none', 'npm run other', 'npm run before', 'npm run after'],
  ...['npm run empty', 'npm start --workspace=a', 'npm start -w a', 'npm --prefix=x start', 'npx start', 'yarn run'],
];

describe('a package runner', () => {
  const read = (command: string) => {
    const folder = makeProject({ 'package.json': { scripts: SCRIPTS }, pnpm: '', yarn: '' });
    return readNodeCommand(command.replace(/^(?:pnpm|yarn)\b/, './$&'), folder, process.env);
  };

  test.each(WARM)('"%s" can be started ahead of time', (command) => {
    expect(read(command)).toHaveProperty('argumentsOfScript', expect.arrayContaining(['a.cjs']));
  });

  test.each(COLD)('"%s" is started as usual', (command) => {
    expect(read(command)).toHaveProperty('why');
  });

  test('runs server.js as npm does if there is no start script', () => {
    const [withFile, without] = [
      makeProject({ 'package.json': {}, 'server.js': '' }),
      makeProject({ 'package.json': {} }),
    ];
    expect(readNodeCommand('npm start', withFile, process.env)).toHaveProperty('argumentsOfScript', ['server.js']);
    expect(readNodeCommand('npm start', without, process.env)).toHaveProperty('why');
    expect(readNodeCommand('npm start', makeProject({ 'server.js': '' }), process.env)).toHaveProperty('why');
  });

  test.each<[string, (path: string) => void]>([
    ['a named pipe', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['a device', (path) => symlinkSync('/dev/zero', path)],
    ['too large', (path) => writeFileSync(path, `{"scripts":{"start":"node a.cjs"}}${' '.repeat(5_000_000)}`)],
    ['not JSON', (path) => writeFileSync(path, '{')],
    ['null', (path) => writeFileSync(path, 'null')],
  ])('is started as usual if package.json is %s', (_, make) => {
    const cwd = makeProject({});
    make(join(cwd, 'package.json'));
    expect(readNodeCommand('npm start', cwd, process.env)).toHaveProperty('why');
  });

  test.each(['.npmrc', 'package.json'])('is not reused once %s has changed', (name) => {
    const cwd = makeProject({ 'package.json': { scripts: SCRIPTS }, '.npmrc': '' });
    const before = readNodeCommand('npm start', cwd, process.env);
    expect(readNodeCommand('npm start', cwd, process.env)).toEqual(before);
    writeFileSync(join(cwd, name), name === '.npmrc' ? 'loglevel=silent' : '{"scripts":{"start":"node a.cjs --new"}}');
    expect(readNodeCommand('npm start', cwd, process.env)).not.toEqual(before);
  });

  test.each(['npm_config_loglevel', 'PATH', 'HOME', 'CI', 'FORCE_COLOR', 'PWD', 'BASH_ENV', 'with-hyphen', '1st'])(
    'that reads %s is started as usual if a request sets it',
    (name) => {
      expect(findRunnerDifference({}, { [name]: 'a' })).toContain(name);
    },
  );

  test.each(['PORT', 'SESSION_BACKEND_KEY', 'JAMSOCKET_SERVICE', 'ROOM', 'npmrc', 'CITY'])(
    'passes on %s, which a request may set',
    (name) => {
      expect(findRunnerDifference({}, { [name]: 'a' })).toBe(undefined);
    },
  );
});

test("the process that runs a script's file stands by, even after an option with a separate value", async () => {
  const cwd = makeProject({
    'package.json': { scripts: { start: 'node --unhandled-rejections strict ./a' } },
    'a.js': "require('node:fs').appendFileSync('runs', process.env.SESSION_BACKEND_ID + ' ')",
  });
  const { warm } = await runBothWays({ command: 'npm start', cwd });
  expect(warm.isWarm).toBe(true);
  const runs = readFileSync(join(cwd, 'runs'), 'utf8').trim().split(' ');
  expect(runs).not.toContain('undefined');
  expect(runs).toHaveLength(2);
});

const WAITS = "console.log('ready'); setInterval(() => {}, 1e6);";
const ENDS: readonly [what: string, text: string, signal?: NodeJS.Signals][] = [
  ['An exit code', 'console.log(1); console.error(2); process.exit(3);'],
  ['An exception', "throw new Error('broken');"],
  ['SIGTERM without a handler', WAITS, 'SIGTERM'],
  ['SIGKILL', WAITS, 'SIGKILL'],
];

test.each(ENDS)('%s of a script has the same result with a start ahead of time', async (_, text, signal) => {
  const cwd = makeProject({ 'package.json': { name: 'ends', scripts: { start: 'node a.cjs' } }, 'a.cjs': text });
  const whenReady = (pid: number) => signal !== undefined && process.kill(pid, signal);
  // Some versions of npm print the name of their log file, which differs each time.
  const env = { npm_config_logs_max: '0' };
  const { cold, warm } = await runBothWays({ command: 'npm start', cwd, env, whenReady });
  expect([cold.isWarm, warm.isWarm]).toEqual([false, true]);
  expect({ ...warm, isWarm: false }).toEqual(cold);
  expect(cold.exit.code).not.toBe(0);
});

/** A runtime with one process ahead of time for `npm start`. */
async function startAhead(files: Record<string, string>) {
  const cwd = makeProject({ 'package.json': { scripts: { start: 'node a.cjs' } }, ...files });
  const noted: ProcessRecord[] = [];
  const runtime = new ProcessRuntime(makeRegister(noted));
  const build = { kind: 'process', number: 1, command: 'npm start', cwd, env: {}, remap8080: true } as const;
  runtime.standBy({ service: 'default', build, warm: 1, warmPool: 0, onRemark: () => undefined });
  const first = await waitFor(() => noted[0], 'npm');
  const inGroup = async () => (await listProcesses()).filter(({ pgid, zombie }) => pgid === first.pid && !zombie);
  return { runtime, build, cwd, npm: first.pid, inGroup };
}

test('an app does not run ahead of time if npm takes NODE_OPTIONS from .npmrc', async () => {
  const text = "require('node:fs').writeFileSync('has-run', '')";
  const { runtime, cwd, npm } = await startAhead({ '.npmrc': 'node-options=--no-warnings', 'a.cjs': text });
  await waitFor(async () => (await living([npm])).length === 0, 'the end of npm');
  expect(existsSync(join(cwd, 'has-run'))).toBe(false);
  await runtime.close();
});

test('a standby process ends with the npm that started it', async () => {
  const { runtime, npm, inGroup } = await startAhead({ 'a.cjs': '' });
  await waitFor(async () => (await inGroup()).length > 1, 'the process of the script');
  process.kill(npm, 'SIGKILL');
  await waitFor(async () => (await inGroup()).length === 0, 'its end');
  await runtime.close();
});

test('a session whose variables change settings of npm leaves the standby to others', async () => {
  const { runtime, build, npm, inGroup } = await startAhead({ 'a.cjs': '' });
  await waitFor(async () => (await inGroup()).length > 1, 'the process of the script');
  const HOME = makeProject({ '.npmrc': 'fund=false' });
  const session = {
    backendId: newBackendId(),
    service: 'default',
    key: 'key',
    env: { HOME },
    onOutput: () => undefined,
  };
  const backend = await runtime.spawn({ ...session, build }, new AbortController().signal);
  expect(backend.startKind).toBe('cold');
  expect(await backend.exited).toMatchObject({ code: 0 });
  expect(await living([npm])).toEqual([npm]);
  await runtime.close();
});
