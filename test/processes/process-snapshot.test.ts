import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { SnapshotSource } from '../../src/processes/process-snapshot.js';
import { environmentOf, findProcess, hasProc } from '../../src/processes/process-table.js';
import { waitFor } from '../support/wait.js';

/** A shell that runs `sleep` with other variables once it gets a line; its pid stays. */
async function startShell(id: string | undefined, nextId: string) {
  const env = { ...process.env, SESSION_BACKEND_ID: id };
  const shell = spawn('sh', ['-c', `read line; SESSION_BACKEND_ID=${nextId} exec sleep 60`], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(shell, 'exit');
  onTestFinished(async () => {
    shell.kill('SIGKILL');
    await ended;
  });
  const pid = shell.pid ?? 0;
  const isIn = (each: string) => environmentOf(pid)?.includes(`SESSION_BACKEND_ID=${each}`);
  if (id !== undefined) await waitFor(() => isIn(id), 'the shell to be started');
  const { startedAt = 0 } = (await findProcess(pid)) ?? {};
  return {
    pid,
    since: startedAt,
    async goOn() {
      shell.stdin.write('\n');
      await waitFor(() => isIn(nextId), 'the shell to have become sleep');
    },
  };
}

test.skipIf(!hasProc())('a cheap snapshot finds a process again that was found by its id', async () => {
  const snapshots = new SnapshotSource();
  const { pid, since } = await startShell('first', 'unused');
  for (let time = 1; time <= 3; time += 1) {
    const found = (await snapshots.takeCheaply()).withBackendId('first', since);
    expect(found.map((each) => each.pid)).toEqual([pid]);
  }
});

test.skipIf(!hasProc())('a cheap snapshot finds a process that gets its id only when it is executed', async () => {
  const snapshots = new SnapshotSource();
  const { pid, since, goOn } = await startShell(undefined, 'second');
  expect((await snapshots.takeCheaply()).withBackendId('second', since)).toEqual([]);
  await goOn();
  expect((await snapshots.takeCheaply()).withBackendId('second', since).map((each) => each.pid)).toEqual([pid]);
});

test.skipIf(!hasProc())('an exact snapshot reads again what a cheap one remembers', async () => {
  const snapshots = new SnapshotSource();
  const { pid, since, goOn } = await startShell('third', 'fourth');
  expect((await snapshots.takeCheaply()).withBackendId('third', since).map((each) => each.pid)).toEqual([pid]);
  await goOn();
  const exact = await snapshots.take();
  expect(exact.withBackendId('third', since)).toEqual([]);
  expect(exact.withBackendId('fourth', since).map((each) => each.pid)).toEqual([pid]);
});
