import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, startDev, stopRun } from '../support/cli.js';
import { makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { CAN_MOUNT, mountTinyDisk } from '../support/tiny-disk.js';
import { waitFor } from '../support/wait.js';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
/** Node.js 22.1 and newer; on older versions jamdev caches compiled code itself. */
const HAS_COMPILE_CACHE = 'enableCompileCache' in module;

/** Lists on stderr, at exit, which files and parts of Node.js were loaded. */
const LISTING = `process.on('exit', () => {
  const files = Object.keys(require.cache).filter((file) => file.includes('/dist/'));
  require('fs').writeSync(2, JSON.stringify({ files, builtins: process.moduleLoadList }));
});`;

async function loadedBy(args: readonly string[]): Promise<{ code: unknown; files: string[]; builtins: string[] }> {
  const folder = makeProject({ 'list.cjs': LISTING });
  const env = { NODE_OPTIONS: `--require ${join(folder, 'list.cjs')}` };
  const { code, stderr } = await runCli(args, { cwd: folder, env });
  return { code, ...JSON.parse(stderr.slice(stderr.lastIndexOf('{"files"'))) };
}

test.each(['--version', '-V'])('%s prints the version and loads only one file', async (flag) => {
  expect(await runCli([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect((await loadedBy([flag])).files.map((file) => file.split('/').at(-1))).toEqual(['launch.cjs']);
});

test.each([
  [['--version', '--json'], 0, `${version}\n`],
  [['list', '--version'], 2, ''],
])('jamdev %j is left to the full program', async (args, expected, printed) => {
  const { code, stdout } = await runCli(args);
  expect([code, stdout]).toEqual([expected, printed]);
});

test.skipIf(process.platform !== 'linux')('--version reports when it cannot be written', () => {
  const line = `exec "${process.execPath}" "${join(ROOT, 'bin', 'jamdev.js')}" --version > /dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('ENOSPC');
});

test('jamdev list loads no parts of Node.js and no packages that it does not use', async () => {
  const { files, builtins } = await loadedBy(['list']);
  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThan(10);
  const parts = ['crypto', 'http2', 'tls', 'worker_threads', 'internal/deps/undici/undici'];
  // Without that cache, jamdev keeps compiled code itself, with checksums by zlib.
  if (HAS_COMPILE_CACHE) parts.push('zlib');
  expect(builtins.filter((name) => parts.includes(name.replace('NativeModule ', '')))).toEqual([]);
  const text = files.map((file) => readFileSync(file, 'utf8')).join('');
  for (const name of ['zod', 'execa', 'express']) expect(text).not.toContain(`node_modules/${name}/`);
});

test.each([
  ['the name of a command', [''], ['list\t', 'audit\t']],
  ['an option', ['list', '--'], ['--everywhere\t', '--debug\t']],
])('completing %s loads no other commands, and no packages that it has no use for', async (_what, words, offered) => {
  const args = ['complete', '--', ...words];
  const { stdout } = await runCli(args);
  for (const each of offered) expect(stdout).toContain(each);
  const { files } = await loadedBy(args);
  const text = files.map((file) => readFileSync(file, 'utf8')).join('');
  for (const name of ['zod', 'execa', 'express']) expect(text).not.toContain(`node_modules/${name}/`);
  expect(files.filter((file) => /(?:dev|deploy|doctor|serve)\.cjs$/.test(file))).toEqual([]);
});

/** The files that one of the build loads at once, and their text. */
function loadedAtOnce(file: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(file)) return found;
  const text = readFileSync(join(ROOT, 'dist', file), 'utf8');
  found.set(file, text);
  for (const [, needed = ''] of text.matchAll(/^(?:const .* = )?require\("\.\/([^"]+)"\);$/gm))
    loadedAtOnce(needed, found);
  return found;
}

test('jamdev dev begins without what its first answer does not need', () => {
  const files = loadedAtOnce('dev-server.cjs');
  expect(files.size).toBeGreaterThan(3);
  const text = [...files.values()].join('');
  expect(text).toContain('function startDevServer');
  for (const name of ['zod', 'express']) expect(text).not.toContain(`node_modules/${name}/`);
});

/** A state home in which jamdev has run before. */
function makeState(): { env: NodeJS.ProcessEnv; state: string; cache: string } {
  const home = makeTempFolder();
  const state = join(home, 'jamdev');
  mkdirSync(state, { mode: 0o700 });
  return {
    env: { XDG_STATE_HOME: home, NODE_DISABLE_COMPILE_CACHE: undefined },
    state,
    cache: join(state, 'compile-cache'),
  };
}

function filesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}

async function expectToWork(env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stdout, stderr } = await runCli(['list', '--help'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('list running backends');
}

test('compiled code is cached in the state home, for its user only', async () => {
  const { env, cache } = makeState();
  await expectToWork(env);
  expect(filesIn(cache).length).toBeGreaterThan(0);
  expect(statSync(cache).mode & 0o077).toBe(0);
  const kept = filesIn(cache).map((name) => statSync(join(cache, name)).ino);
  await expectToWork(env);
  // The same files prove that the cache was used: unusable ones are replaced.
  expect(filesIn(cache).map((name) => statSync(join(cache, name)).ino)).toEqual(kept);
});

test('a state home below a file caches no compiled code', async () => {
  const home = join(makeTempFolder(), 'file');
  writeFileSync(home, '');
  await expectToWork({ XDG_STATE_HOME: home });
});

test('a dev server uses the compiled code of the previous one', async () => {
  const { env, cache } = makeState();
  const kept = () => new Map(filesIn(cache).map((name) => [name, statSync(join(cache, name)).ino]));
  const startAndStop = async (meanwhile?: () => Promise<unknown>) => {
    const dev = await startDev(makeProject({ 'server.js': '' }), ['--command', 'node server.js'], { env });
    await meanwhile?.();
    await stopRun(dev);
    return kept();
  };
  const first = await startAndStop();
  const foreground = [...first.keys()].filter((name) => name.startsWith('dev'));
  expect(foreground.length).toBeGreaterThan(5);
  const [older, other] = [join(cache, 'dev', 'v19.0.0-x64'), join(cache, 'dev', 'v21.0.0-x64')];
  for (const folder of [older, other]) mkdirSync(folder);
  for (const folder of [older, other]) utimesSync(folder, 1, 1);
  mkdirSync(join(cache, 'dev', 'v19.1.0-x64'));
  const untilPruned = () => waitFor(() => !existsSync(older), 'compiled code of an older Node.js to be removed');
  const second = await startAndStop(untilPruned);
  expect(existsSync(other)).toBe(true);
  // V8 rejects code that was compiled with other flags, and would compile and write it again.
  for (const name of foreground) expect(second.get(name)).toBe(first.get(name));
});

test('no state home is created only to cache compiled code', async () => {
  const home = makeTempFolder();
  await expectToWork({ XDG_STATE_HOME: home });
  expect(readdirSync(home)).toEqual([]);
});

test.each([
  ['others can write to', (cache: string) => mkdirSync(cache) ?? chmodSync(cache, 0o777)],
  ['is a file', (cache: string) => writeFileSync(cache, '')],
])('compiled code is not cached in a folder that %s', async (_what, prepare) => {
  const { env, cache } = makeState();
  prepare(cache);
  await expectToWork(env);
  expect(filesIn(cache)).toEqual([]);
});

test('a state home that others can write to caches no compiled code', async () => {
  const { env, state, cache } = makeState();
  chmodSync(state, 0o777);
  await expectToWork(env);
  expect(existsSync(cache)).toBe(false);
});

test('a user decides where compiled code is cached, or whether it is', async () => {
  const { env, cache } = makeState();
  const own = makeTempFolder();
  await expectToWork({ ...env, NODE_COMPILE_CACHE: own });
  expect(filesIn(own).length > 0).toBe(HAS_COMPILE_CACHE);
  await expectToWork({ ...env, NODE_DISABLE_COMPILE_CACHE: '1' });
  expect(filesIn(cache)).toEqual([]);
});

test('damaged compiled code is compiled again', async () => {
  const { env, cache } = makeState();
  await expectToWork(env);
  for (const [index, name] of filesIn(cache).entries()) {
    const whole = readFileSync(join(cache, name));
    const half = whole.subarray(0, whole.length / 2);
    const changed = Buffer.concat([half, whole.subarray(half.length).map((byte) => byte ^ 1)]);
    writeFileSync(join(cache, name), [changed, half, Buffer.alloc(99), ''][index % 4] ?? '');
  }
  await expectToWork(env);
});

test('programs that start at once share the compiled code', async () => {
  const { env } = makeState();
  await Promise.all([1, 2, 3].map(() => expectToWork(env)));
});

test.skipIf(!CAN_MOUNT)('neither a full nor a read-only disk prevents starting', async () => {
  const disk = mountTinyDisk('400k');
  mkdirSync(join(disk.folder, 'jamdev'), { mode: 0o700 });
  const env = { XDG_STATE_HOME: disk.folder };
  disk.fill();
  await expectToWork(env);
  disk.free();
  // Not all fits.
  await expectToWork(env);
  disk.makeReadOnly();
  await expectToWork(env);
});
