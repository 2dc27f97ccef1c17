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
  peakMemoryOf,
} from '../../src/processes/process-table.js';
import { waitFor } from '../support/wait.js';

/** A process that idles until the test ends. */
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

/** The fields of an entry that never change. */
function identityOf(entry: ProcessEntry | undefined): Partial<ProcessEntry> | undefined {
  if (entry === undefined) return undefined;
  const { pid, ppid, pgid, startId, startedAt, zombie } = entry;
  return { pid, ppid, pgid, startId, startedAt, zombie };
}

const sources = hasProc() ? (['proc', 'ps'] as const) : (['ps'] as const);

describe.each(sources)('the list of processes from %s', (source) => {
  test('has this process and its children, with their parents and groups', async () => {
    const child = await startIdler();
    const list = await listProcesses(source);
    const own = list.find(({ pid }) => pid === process.pid);
    const childs = list.find(({ pid }) => pid === child.pid);
    expect(own).toMatchObject({ ppid: process.ppid, zombie: false });
    expect(childs).toMatchObject({ ppid: process.pid, pgid: own?.pgid, zombie: false });
    expect(childs?.startedAt).toBeGreaterThanOrEqual(own?.startedAt ?? Number.POSITIVE_INFINITY);
    expect(childs?.startId).not.toBe('');
  });

  test('reports the same entry for a process every time, and none once it is gone', async () => {
    const child = await startIdler();
    const find = async (): Promise<ProcessEntry | undefined> =>
      (await listProcesses(source)).find(({ pid }) => pid === child.pid);
    const first = await find();
    expect(identityOf(await find())).toEqual(identityOf(first));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await find())?.startId).not.toBe(first?.startId);
  });

  test('reports the memory and CPU time of a process in the right units', async () => {
    const code = `
      const block = Buffer.alloc(100 * 1024 * 1024, 1);
      while (process.cpuUsage().user + process.cpuUsage().system < 1.5e6);
      console.log(JSON.stringify({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage(), kept: block.length }));
      setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [printed] = await once(child.stdout, 'data');
    const reported = JSON.parse(String(printed));
    const entry = (await listProcesses(source)).find(({ pid }) => pid === child.pid);
    expect(entry?.memoryBytes).toBeGreaterThan(reported.rss * 0.9);
    expect(entry?.memoryBytes).toBeLessThan(reported.rss * 1.1);
    const cpuMs = (reported.cpu.user + reported.cpu.system) / 1000;
    // Linux's own ps reports whole seconds.
    expect(entry?.cpuMs).toBeGreaterThan(source === 'ps' ? cpuMs - 1000 : cpuMs - 20);
    expect(entry?.cpuMs).toBeLessThan(cpuMs + 300);
  });

  test('shows a detached child in its own group, and zombies as zombies', async () => {
    // The child keeps a zombie as its child until it is told to continue.
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

test('spaces and parentheses in a program’s name are parsed correctly', async () => {
  const code = "process.title = 'a) Z 1 (b'; setInterval(() => {}, 1000); console.log('up')";
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  for (const source of sources) {
    const entry = (await listProcesses(source)).find(({ pid }) => pid === child.pid);
    expect(entry).toMatchObject({ ppid: process.pid, zombie: false });
  }
});

test('both sources, where available, agree on parents and children', async () => {
  const child = await startIdler();
  const lists = await Promise.all(sources.map((source) => listProcesses(source)));
  const rows = lists.map((list) => list.find(({ pid }) => pid === child.pid));
  for (const row of rows) expect(row).toMatchObject({ pid: child.pid, ppid: process.pid, pgid: rows[0]?.pgid });
});

test.skipIf(!hasProc())('CPU time of a child is added to the parent that waits for it (only with /proc)', async () => {
  const burn = 'for (let used; (used = process.cpuUsage()).user + used.system < 5e5; );';
  const code = `
    const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn)}]);
    child.on('exit', () => console.log('waited'));
    setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const entry = await findProcess(child.pid as number);
  expect(entry?.childrenCpuMs).toBeGreaterThanOrEqual(480);
  expect(entry?.childrenCpuMs).toBeLessThan(1500);
});

test.skipIf(!hasProc())('the peak memory of a process remains available (only with /proc)', async () => {
  const code = `
    let block = Buffer.alloc(200 * 1024 * 1024, 1);
    block = undefined;
    gc();
    console.log('freed');
    setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['--expose-gc', '-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid as number;
  await waitFor(async () => ((await findProcess(pid))?.memoryBytes ?? 0) < 150 * 1024 * 1024, 'the memory to be free');
  expect(peakMemoryOf(pid)).toBeGreaterThan(200 * 1024 * 1024);
  expect(peakMemoryOf(pid)).toBeLessThan(400 * 1024 * 1024);
});

describe('the output of ps', () => {
  test('of macOS is parsed', () => {
    const output = [
      '    1     0     1 Ss    18432   12:03.45 Sun Nov  1 08:05:00 2026    ',
      '  501     1   501 S+   104857 1234:00.07 Sun Nov 22 08:05:07 2026    ',
      '48213   501   501 Z+        0    0:00.00 Sun Nov 22 08:05:08 2026    ',
      '',
    ].join('\n');
    expect(parsePs(output)).toEqual([
      {
        pid: 1,
        ppid: 0,
        pgid: 1,
        startId: 'Sun Nov  1 08:05:00 2026',
        startedAt: 1_793_520_300,
        zombie: false,
        memoryBytes: 18_432 * 1024,
        cpuMs: 723_450,
        childrenCpuMs: 0,
      },
      {
        pid: 501,
        ppid: 1,
        pgid: 501,
        startId: 'Sun Nov 22 08:05:07 2026',
        startedAt: 1_795_334_707,
        zombie: false,
        memoryBytes: 104_857 * 1024,
        cpuMs: 74_040_070,
        childrenCpuMs: 0,
      },
      {
        pid: 48_213,
        ppid: 501,
        pgid: 501,
        startId: 'Sun Nov 22 08:05:08 2026',
        startedAt: 1_795_334_708,
        zombie: true,
        memoryBytes: 0,
        cpuMs: 0,
        childrenCpuMs: 0,
      },
    ]);
  });

  test.each([
    ['00:00:07', 7_000],
    ['01:02:03', 3_723_000],
    ['2-01:02:03', 176_523_000],
    ['0:00.05', 50],
  ])('the CPU time %s is %d ms', (time, ms) => {
    expect(parsePs(`1 0 1 Ss 1 ${time} Sun Nov  1 08:05:00 2026`)[0]?.cpuMs).toBe(ms);
  });

  test.each(['', '\n\n', 'PID PPID PGID STAT STARTED', '12 13', 'ps: illegal option'])(
    '%j contains no process',
    (output) => {
      expect(parsePs(output)).toEqual([]);
    },
  );
});

describe('one process', () => {
  test('is found by its pid with the same entry as in the list', async () => {
    const listed = (await listProcesses()).find(({ pid }) => pid === process.pid);
    expect(identityOf(await findProcess(process.pid))).toEqual(identityOf(listed));
  });

  test('that does not exist is undefined, and no command runs for it', async () => {
    const child = await startIdler();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await findProcess(child.pid)).toBeUndefined();
    expect(await commandOf(child.pid)).toBe('');
    expect(environmentOf(child.pid)).toBeUndefined();
    expect(peakMemoryOf(child.pid)).toBeUndefined();
  });

  test('has its command in one line', async () => {
    const child = await startIdler();
    const command = await commandOf(child.pid);
    expect(command).toContain(process.execPath);
    expect(command).toMatch(/some argument$/);
    expect(command).not.toContain('\0');
  });

  test.skipIf(!hasProc())('shows the environment it was started with (only with /proc)', async () => {
    const child = await startIdler({ TEST_MARK: 'a=b c' });
    expect(environmentOf(child.pid)).toContain('TEST_MARK=a=b c');
  });
});
