import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { type Run, runCli, startCli } from '../support/cli.js';
import { fixture, makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { describeTerminal, openTerminal } from '../support/pseudo-terminal.js';
import { living, waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const COMMAND = [process.execPath, fixture('command.mjs')];

function echoProject(): string {
  return makeProject({ 'package.json': { scripts: { start: ECHO } } });
}

/** Resolves with the pid of the command's backend, once the command has it. */
async function backendOf(run: Run): Promise<number> {
  const [, answer = ''] = await waitFor(() => /^up (.+)$/m.exec(run.stdout()), 'the command to have its backend');
  return JSON.parse(answer).pid;
}

/** The messages without those that appear only on a slow machine. */
function unhurried(stderr: string): string {
  return stderr.replace(/^jamdev: waiting for .*\n/gm, '');
}

function expectNoRecords(folder: string): void {
  expect(readdirSync(stateFolderOf(folder).servers)).toEqual([]);
}

describe('the command', () => {
  test('finds the dev server through variables, owns stdout, and takes backends and records with it', async () => {
    const cwd = echoProject();
    const { code, stdout, stderr } = await runCli(['exec', '--', ...COMMAND, 'connect'], { cwd });
    expect({ code, said: unhurried(stderr) }).toEqual({ code: 0, said: '' });
    const { environment, backend } = JSON.parse(stdout);
    expect(environment).toEqual({
      JAMSOCKET_DEV: 'true',
      JAMSOCKET_DEV_PORT: expect.stringMatching(/^\d+$/),
      JAMDEV_API_URL: `http://localhost:${environment.JAMSOCKET_DEV_PORT}`,
      JAMDEV_PROXY_URL: expect.stringMatching(/^http:\/\/localhost:\d+$/),
    });
    expect(backend.environment.SESSION_BACKEND_ID).toMatch(/^[a-z][a-z0-9]{13}$/);
    expect(await living([backend.pid])).toEqual([]);
    expectNoRecords(cwd);
  });

  test('can be a script of jamdev commands, which use this dev server from any folder', async () => {
    const jamdev = `"${process.execPath}" "${join(ROOT, 'bin', 'jamdev.js')}"`;
    const script = `${jamdev} spawn -k doc --wait && ${jamdev} list --json`;
    const { code, stdout } = await runCli(['exec', '--folder', echoProject(), '--', 'sh', '-c', script], {
      cwd: makeTempFolder(),
    });
    expect(code).toBe(0);
    const list = stdout.trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(list)).toMatchObject([{ key: 'doc', status: { status: 'ready' } }]);
  });

  test('reads stdin', async () => {
    const { code, stdout } = await runCli(['exec', '--', 'cat'], { cwd: echoProject(), input: 'from outside\n' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'from outside\n' });
  });

  test.each([
    ['with --', ['--', ...COMMAND, 'arguments', '--port', '1', '--', '--help', '']],
    ['without', [...COMMAND, 'arguments', '--port', '1', '--', '--help', '']],
  ])('passes on arguments unchanged, %s', async (_name, words) => {
    const { code, stdout } = await runCli(['exec', ...words], { cwd: echoProject() });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '["--port","1","--","--help",""]\n' });
  });

  test('runs from node_modules/.bin', async () => {
    const cwd = echoProject();
    mkdirSync(join(cwd, 'node_modules', '.bin'), { recursive: true });
    symlinkSync('/bin/echo', join(cwd, 'node_modules', '.bin', 'own-program'));
    expect(await runCli(['exec', 'own-program', 'hello'], { cwd })).toMatchObject({ code: 0, stdout: 'hello\n' });
  });

  test('runs on free ports if those of the config are taken, but fails if those of the command line are', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    onTestFinished(() => void holder.close());
    const { port } = holder.address() as { port: number };
    const cwd = makeProject({ 'jamsocket.config.json': { command: ECHO, port } });
    expect((await runCli(['exec', '--', 'true'], { cwd })).code).toBe(0);
    const taken = await runCli(['exec', '--port', String(port), '--', 'echo', 'ran'], { cwd });
    expect(taken).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`Port ${port}`) });
  });
});

describe('the exit code', () => {
  test('is that of the command, followed by a hint at the output of backends', async () => {
    const cwd = echoProject();
    const run = await runCli(['exec', '--', ...COMMAND, 'connect', '7'], { cwd });
    expect(run.code).toBe(7);
    expect(unhurried(run.stderr)).toMatch(
      /^jamdev: to see what the backends printed: node \S+\/bin\/jamdev\.js logs --no-follow\n$/,
    );
    expect((await runCli(['logs', '--no-follow'], { cwd })).stdout).toContain('listening as');
  });

  test('is 128 plus the signal number if a signal ends the command', async () => {
    const { code } = await runCli(['exec', '--', 'sh', '-c', 'kill -KILL $$'], { cwd: echoProject() });
    expect(code).toBe(137);
  });

  test.each([
    ['no such program', 'no-such-program', 127, 'There is no command "no-such-program"'],
    ['no such file', './no-such-file', 127, 'There is no command "./no-such-file"'],
    ['an empty name', '', 127, 'There is no command ""'],
    ['a folder', './folder', 126, '/folder is a folder'],
    ['a file that is not a program', './package.json', 126, '/package.json is not marked as executable'],
    ['a script without permission to run', './script', 126, 'the program named in its first line does not exist'],
    ['a file in place of a folder', './package.json/x', 126, 'ENOTDIR'],
  ])('says why the command cannot be started: %s', async (_name, word, code, says) => {
    const cwd = echoProject();
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'script'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const run = await runCli(['exec', '--', word], { cwd });
    expect(run).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) });
    expect(run.stderr).not.toMatch(/^\s+at /m);
    expectNoRecords(cwd);
  });

  test.each([
    [[], "missing required argument 'command'"],
    [['--prot', '1', '--', 'true'], "unknown option '--prot'"],
    [['--port', 'x', '--', 'true'], 'must be a port number'],
  ])('is 2 for a usage error: %j', async (args, says) => {
    const run = await runCli(['exec', ...args], { cwd: echoProject() });
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) });
  });

  test('is 1 when there is nothing to run', async () => {
    const run = await runCli(['exec', '--', 'echo', 'ran'], { cwd: makeTempFolder() });
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nothing to run') });
  });
});

describe('the first build', () => {
  test('finishes before the command starts', async () => {
    const cwd = echoProject();
    const args = ['exec', '--build', 'sleep 0.3; echo no noise; touch built', '--', 'ls'];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect({ code, said: unhurried(stderr) }).toEqual({ code: 0, said: '' });
    expect(stdout).toContain('built\n');
  });

  test('prints its failure on stderr, and the command does not run', async () => {
    const cwd = echoProject();
    const build = 'echo "line 3: no such thing"; exit 4';
    const { code, stdout, stderr } = await runCli(['exec', '--build', build, '--', 'echo', 'ran'], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/line 3: no such thing\n.*failed \(exit code 4\)/);
    expect(stderr).toContain('The build failed, so "echo" was not run.');
    expectNoRecords(cwd);
  });

  test('ends when interrupted, and the command does not run', async () => {
    const cwd = echoProject();
    const run = startCli(['exec', '--build', 'echo $$ > pid; sleep 60; true', '--', 'echo', 'ran'], { cwd });
    const file = join(cwd, 'pid');
    const pid = Number(await waitFor(() => existsSync(file) && readFileSync(file, 'utf8'), 'the build'));
    run.process.kill('SIGTERM');
    expect(await run.exit).toBe(143);
    expect(run.stdout()).toBe('');
    expect(await living([pid])).toEqual([]);
    expectNoRecords(cwd);
  });
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s is passed on once, and the command decides what to do',
    async (signal) => {
      const cwd = echoProject();
      const run = startCli(['exec', '--', ...COMMAND, 'signals'], { cwd, detached: true });
      const backend = await backendOf(run);
      run.process.kill(signal);
      expect(await run.exit).toBe(5);
      expect(run.stdout()).toMatch(new RegExp(`^heard ${signal}$`, 'm'));
      expect(await living([backend])).toEqual([]);
      expectNoRecords(cwd);
    },
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s that ends the command exits with %d', async (signal, code) => {
    const cwd = echoProject();
    const run = startCli(['exec', '--', ...COMMAND, 'stay'], { cwd, detached: true });
    const backend = await backendOf(run);
    run.process.kill(signal);
    expect(await run.exit).toBe(code);
    expect(await living([backend])).toEqual([]);
    expectNoRecords(cwd);
  });

  test.each([
    ['a shell that dies from it', (saver: string) => `node ${saver}; true`],
    ['a shell whose trap waits for its child', (saver: string) => `trap 'exit 7' TERM; node ${saver}; true`],
    ['a runner', (saver: string) => `exec node --watch ${saver}`],
  ])('SIGTERM reaches a process that saves its work exactly once: %s', async (_name, script) => {
    const cwd = echoProject();
    const notes = join(cwd, 'notes');
    const read = () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []);
    const env = { NOTES: notes, SAVE_MS: '1300' };
    const run = startCli(['exec', '--', 'sh', '-c', script(fixture('saves-once.mjs'))], { cwd, env });
    await waitFor(() => read().includes('up'), 'the command to run');
    run.process.kill('SIGTERM');
    await run.exit;
    expect(read()).toEqual(['up', 'asked', 'saved']);
  });

  describeTerminal('from a terminal', () => {
    test('Ctrl-C reaches the command exactly once', async () => {
      const cwd = echoProject();
      const terminal = openTerminal(['exec', '--', ...COMMAND, 'signals'], cwd);
      await waitFor(() => terminal.screen().includes('up {'), 'the command to have its backend');
      terminal.press('\u0003');
      expect(await terminal.exit).toBe(5);
      expect(terminal.screen()).toMatch(/heard SIGINT\r\n/);
      expectNoRecords(cwd);
    });
  });

  test('a signal while stubborn backends are ending kills them', async () => {
    const cwd = makeTempFolder();
    const backend = ['--command', `node ${fixture('family.mjs')} stubborn`, '--logs'];
    const ask = `fetch(process.env.JAMDEV_API_URL + '/v2/service/-/-/connect', { method: 'POST', body: '{"key":"k"}' })`;
    const end = `setInterval(() => require('fs').existsSync('go') && process.exit(3), 20)`;
    const run = startCli(['exec', ...backend, '--', process.execPath, '-e', `${ask}.then(() => ${end})`], { cwd });
    await waitFor(() => /pids \d+/.test(run.stderr()), 'the backend to be up');
    writeFileSync(join(cwd, 'go'), '');
    await waitFor(() => run.stderr().includes('k | no'), 'SIGTERM to be ignored');
    const pids = [...run.stderr().matchAll(/pids (\d+)/g)].map((match) => Number(match[1]));
    const again = setInterval(() => run.process.kill('SIGTERM'), 50);
    expect(await run.exit).toBe(3);
    clearInterval(again);
    expect(pids).toHaveLength(1);
    expect(await living(pids)).toEqual([]);
  });
});

describe('leftovers of the command', () => {
  test.skipIf(process.platform !== 'linux')('end with it, except daemons that left its process group', async () => {
    const { code, stdout } = await runCli(['exec', '--', ...COMMAND, 'leave'], { cwd: echoProject() });
    const { left, daemon } = JSON.parse(stdout);
    onTestFinished(() => void process.kill(daemon, 'SIGKILL'));
    expect(code).toBe(0);
    expect(await living([left, daemon])).toEqual([daemon]);
  });

  test('end after a signal that the command did not pass on', async () => {
    const run = startCli(['exec', '--', ...COMMAND, 'careless-parent'], { cwd: echoProject() });
    const child = Number((await waitFor(() => /child (\d+)/.exec(run.stdout()), 'the child'))[1]);
    run.process.kill('SIGTERM');
    expect(await run.exit).toBe(143);
    expect(await living([child])).toEqual([]);
  });
});

describe('messages about backends', () => {
  test('show a crash on stderr with its last lines', async () => {
    const { code, stdout, stderr } = await runCli(['exec', '--', ...COMMAND, 'crash'], { cwd: echoProject() });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^\| crashed: exit code 9 after/);
    expect(stderr).toContain('about to crash\n');
  });

  test('include everything with --logs, still on stderr', async () => {
    const { stdout, stderr } = await runCli(['exec', '--logs', '--', ...COMMAND, 'connect'], { cwd: echoProject() });
    expect(() => JSON.parse(stdout)).not.toThrow();
    for (const text of ['listening as', 'ready (', 'Stopped.']) expect(stderr).toContain(text);
  });
});

test('--help explains the variables and the exit codes', async () => {
  const { code, stdout } = await runCli(['exec', '--help'], { cwd: makeTempFolder() });
  expect(code).toBe(0);
  for (const text of ['JAMSOCKET_DEV_PORT', 'Exit code:', '127', 'Examples:\n  jamdev '])
    expect(stdout).toContain(text);
});
