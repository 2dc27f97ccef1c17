import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  commandOf,
  environmentOf,
  findProcess,
  hasProc,
  listProcesses,
  type ProcessEntry,
  parsePs,
} from '../../src/os/process-table.js';
import { waitFor } from '../support/wait.js';

/** A process that does nothing until the test is over. */
async function startIdler(env: Record<string, string> = {}): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")', 'some argument'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child as ChildProcess & { pid: number };
}

const sources = hasProc() ? (['proc', 'ps'] as const) : (['ps'] as const);

describe.each(sources)('the list of processes from %s', (source) => {
  test('has this process and its children, with parents and groups', async () => {
    const child = await startIdler();
    const list = await listProcesses(source);
    const own = list.find(({ pid }) => pid === process.pid);
    const childs = list.find(({ pid }) => pid === child.pid);
    expect(own).toMatchObject({ ppid: process.ppid, zombie: false });
    expect(childs).toMatchObject({ ppid: process.pid, pgid: own?.pgid, zombie: false });
    expect(childs?.startedAt).toBeGreaterThanOrEqual(own?.startedAt ?? Number.POSITIVE_INFINITY);
    expect(childs?.startId).not.toBe('');
  });

  test('says the same of a process every time, and no longer has it once it is gone', async () => {
    const child = await startIdler();
    const find = async (): Promise<ProcessEntry | undefined> =>
      (await listProcesses(source)).find(({ pid }) => pid === child.pid);
    const first = await find();
    expect(await find()).toEqual(first);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await find())?.startId).not.toBe(first?.startId);
  });

  test('shows a group of its own for a detached child, and zombies as what they are', async () => {
    // The child leaves a grandchild that has ended but that nobody waits for, until it is told to go on.
    const child = spawn('/bin/sh', ['-c', 'sleep 0 & exec sleep 1000'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const zombie = await waitFor(
      async () => (await listProcesses(source)).find((each) => each.ppid === child.pid && each.zombie),
      'the zombie',
    );
    expect(zombie.pgid).toBe(child.pid);
    expect((await listProcesses(source)).find(({ pid }) => pid === child.pid)).toMatchObject({
      pgid: child.pid,
      zombie: false,
    });
  });
});

test('a program’s name with spaces and parentheses confuses nobody', async () => {
  const code = "process.title = 'a) Z 1 (b'; setInterval(() => {}, 1000); console.log('up')";
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  for (const source of sources) {
    const entry = (await listProcesses(source)).find(({ pid }) => pid === child.pid);
    expect(entry).toMatchObject({ ppid: process.pid, zombie: false });
  }
});

test('where both sources exist they agree on who is whose child', async () => {
  const child = await startIdler();
  const lists = await Promise.all(sources.map((source) => listProcesses(source)));
  const rows = lists.map((list) => list.find(({ pid }) => pid === child.pid));
  for (const row of rows) expect(row).toMatchObject({ pid: child.pid, ppid: process.pid, pgid: rows[0]?.pgid });
});

describe('the output of ps', () => {
  test('of macOS is read', () => {
    const output = [
      '    1     0     1 Ss   Sun Nov  1 08:05:00 2026    ',
      '  501     1   501 S+   Sun Nov 22 08:05:07 2026    ',
      '48213   501   501 Z+   Sun Nov 22 08:05:08 2026    ',
      '',
    ].join('\n');
    expect(parsePs(output)).toEqual([
      { pid: 1, ppid: 0, pgid: 1, startId: 'Sun Nov  1 08:05:00 2026', startedAt: 1_793_520_300, zombie: false },
      { pid: 501, ppid: 1, pgid: 501, startId: 'Sun Nov 22 08:05:07 2026', startedAt: 1_795_334_707, zombie: false },
      {
        pid: 48_213,
        ppid: 501,
        pgid: 501,
        startId: 'Sun Nov 22 08:05:08 2026',
        startedAt: 1_795_334_708,
        zombie: true,
      },
    ]);
  });

  test.each(['', '\n\n', 'PID PPID PGID STAT STARTED', '12 13', 'ps: illegal option'])(
    '%j has no process',
    (output) => {
      expect(parsePs(output)).toEqual([]);
    },
  );
});

describe('one process', () => {
  test('is found by its pid as in the list', async () => {
    expect(await findProcess(process.pid)).toEqual((await listProcesses()).find(({ pid }) => pid === process.pid));
  });

  test('that does not exist is undefined, without a command', async () => {
    const child = await startIdler();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await findProcess(child.pid)).toBeUndefined();
    expect(await commandOf(child.pid)).toBe('');
    expect(environmentOf(child.pid)).toBeUndefined();
  });

  test('has its command in one line', async () => {
    const child = await startIdler();
    const command = await commandOf(child.pid);
    expect(command).toContain(process.execPath);
    expect(command).toMatch(/some argument$/);
    expect(command).not.toContain('\0');
  });

  test.skipIf(!hasProc())('shows the environment it was started with (only where there is /proc)', async () => {
    const child = await startIdler({ TEST_MARK: 'a=b c' });
    expect(environmentOf(child.pid)).toContain('TEST_MARK=a=b c');
  });
});
