import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runBuildCommand } from '../../src/builds/build-command.js';
import { findProcess } from '../../src/processes/process-table.js';
import { makeProject } from '../support/project.js';
import { processService } from '../support/service.js';
import { waitFor } from '../support/wait.js';

/** Runs a command in a folder. `lines`: its output as reported live. */
async function run(command: string, cwd = makeProject(), signal = new AbortController().signal, env = {}) {
  const lines: string[] = [];
  const outcome = await runBuildCommand(command, processService({ cwd, env }), signal, (line) => lines.push(line));
  return { outcome, lines };
}

/** Aborts at the end of a test at the latest, so that a failing test leaves no process behind. */
function makeController(): AbortController {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return controller;
}

/** Waits until a command has written a file. */
function untilWritten(path: string): Promise<string> {
  return waitFor(() => (existsSync(path) ? readFileSync(path, 'utf8').trim() : ''), path);
}

test('a successful command reports its output live and at the end', async () => {
  const { outcome, lines } = await run('echo one; echo two >&2; echo three');
  expect(outcome).toMatchObject({ ok: true });
  // The order of output on two pipes is undefined.
  expect([...outcome.lines].sort()).toEqual(['one', 'three', 'two']);
  expect(lines).toEqual(outcome.lines);
});

test.each([
  ['exit 2', 'exit code 2'],
  ['no-such-program-anywhere', 'exit code 127'],
  ['kill -9 $$', 'ended by SIGKILL'],
])('%j fails: %s', async (command, failure) => {
  const { outcome } = await run(command);
  expect(outcome).toMatchObject({ ok: false, failure });
});

test('a build in a deleted folder reports that folder and not a missing shell', async () => {
  const { outcome } = await run('echo never', join(makeProject(), 'nope'));
  expect(outcome.ok).toBe(false);
  expect(outcome.failure).toMatch(/its folder .*nope no longer exists \(ENOENT\)/);
  expect(outcome.lines).toEqual([]);
});

test('the command runs in the project with its variables and local binaries', async () => {
  const cwd = makeProject({ 'node_modules/.bin/.keep': '' });
  writeFileSync(join(cwd, 'node_modules/.bin/own-tool'), '#!/bin/sh\necho "own tool, MARK=$MARK"\n', { mode: 0o755 });
  const { outcome } = await run('pwd; own-tool', cwd, undefined, { MARK: 'here' });
  expect(outcome.lines).toEqual([cwd, 'own tool, MARK=here']);
});

test('a command that reads its input gets an empty one instead of waiting forever', async () => {
  expect((await run('cat; echo over')).outcome).toMatchObject({ ok: true, lines: ['over'] });
});

test('the newest 1,000 lines of a long output are kept, and all are reported live', async () => {
  const { outcome, lines } = await run('i=0; while [ $i -lt 3500 ]; do echo $i; i=$((i+1)); done');
  expect(lines).toHaveLength(3500);
  expect(outcome.lines).toEqual(lines.slice(-1000));
});

test('cancelling ends the command and its child processes', async () => {
  const cwd = makeProject();
  const controller = makeController();
  const running = run('sleep 1000 & echo $! > child; wait', cwd, controller.signal);
  const child = Number(await untilWritten(join(cwd, 'child')));
  expect(await isRunning(child)).toBe(true);
  controller.abort();
  expect((await running).outcome).toMatchObject({ ok: false, failure: 'ended by SIGTERM' });
  await waitFor(async () => !(await isRunning(child)), 'the child to be gone');
});

test('cancelling lets child processes end softly, and waits for their last output', async () => {
  const cwd = makeProject();
  const controller = makeController();
  const command = 'sh -c \'trap "echo saved; exit" TERM; echo $$ > child; while :; do sleep 0.05; done\' & wait';
  const running = run(command, cwd, controller.signal);
  await untilWritten(join(cwd, 'child'));
  controller.abort();
  expect((await running).outcome.lines).toContain('saved');
});

test('cancelling ends a command that ignores SIGTERM', async () => {
  const cwd = makeProject();
  const controller = makeController();
  const running = run('trap "" TERM; echo $$ > pid; while :; do sleep 0.05; done', cwd, controller.signal);
  const pid = Number(await untilWritten(join(cwd, 'pid')));
  controller.abort();
  expect((await running).outcome).toMatchObject({ ok: false, failure: 'ended by SIGKILL' });
  await waitFor(async () => !(await isRunning(pid)), 'the command to be gone');
});

test('cancelling ends a silent background process that ignores SIGTERM', async () => {
  const cwd = makeProject();
  const controller = makeController();
  const command = 'sh -c \'trap "" TERM; echo $$ > child; while :; do sleep 0.05; done\' >/dev/null 2>&1 & wait';
  const running = run(command, cwd, controller.signal);
  const child = Number(await untilWritten(join(cwd, 'child')));
  controller.abort();
  await running;
  await waitFor(async () => !(await isRunning(child)), 'the child to be gone');
});

test('a command cancelled before its start has no lasting effect', async () => {
  const { outcome } = await run('sleep 1000', makeProject(), AbortSignal.abort());
  expect(outcome.ok).toBe(false);
});

/** Whether a process is running; a zombie is not. */
async function isRunning(pid: number): Promise<boolean> {
  const entry = await findProcess(pid);
  return entry !== undefined && !entry.zombie;
}
