import { type ChildProcess, spawn } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listMarkedProcesses } from '../../src/processes/environments.js';
import { findProcess } from '../../src/processes/process-table.js';
import { identify } from '../../src/processes/process-tree.js';
import { createRunMarker, markedEnvironment } from '../../src/processes/run-marker.js';
import { type RunTraces, RunTree } from '../../src/processes/run-tree.js';
import { waitFor } from '../support/wait.js';

/** Starts a shell whose whole group is killed when the test ends. */
function start(script: string, env: Record<string, string> = {}): ChildProcess & { pid: number } {
  const child = spawn('sh', ['-c', script], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('sh was not started');
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  return Object.assign(child, { pid });
}

async function printed(child: ChildProcess): Promise<number> {
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  const pid = Number(await waitFor(() => /^(\d+)\n/m.exec(text)?.[1], 'a pid'));
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  return pid;
}

async function find(traces: Partial<RunTraces>): Promise<number[]> {
  const sample = await new RunTree({ markers: new Set(), roots: [], ...traces }).sample();
  if (!sample.known) throw sample.cause;
  return sample.living.map(({ pid }) => pid).sort((a, b) => a - b);
}

describe('a process left by a killed run is found', () => {
  test('by its marker, in another session and without parents', async () => {
    const marker = createRunMarker();
    const child = start('setsid sh -c "sleep 30 & echo \\$!"', markedEnvironment(marker, {}));
    const daemon = await printed(child);
    await waitFor(() => child.exitCode !== null, 'its parents to end');
    expect(await find({ markers: new Set([createRunMarker(), marker]) })).toEqual([daemon]);
  });

  test('by its marker next to the marker of an outer run', async () => {
    const [outer, inner] = [createRunMarker(), createRunMarker()];
    const { pid } = start('exec sleep 30', markedEnvironment(inner, markedEnvironment(outer, {})));
    for (const marker of [outer, inner])
      await waitFor(async () => (await find({ markers: new Set([marker]) })).includes(pid), 'it');
  });

  test('as a descendant of one that is found, with an environment of its own', async () => {
    const marker = createRunMarker();
    const child = start('env -i sleep 30 & echo $!; wait', markedEnvironment(marker, {}));
    const nameless = await printed(child);
    expect(await find({ markers: new Set([marker]) })).toEqual([child.pid, nameless].sort((a, b) => a - b));
  });

  test('by its record, with its group, but not another process that now has its pid', async () => {
    const child = start('sleep 30 & echo $!; exec sleep 30');
    const mate = await printed(child);
    const root = await identify('b', child.pid);
    expect(await find({ roots: [root] })).toEqual([child.pid, mate].sort((a, b) => a - b));
    expect(await find({ roots: [{ ...root, startId: 'another' }] })).toEqual([]);
  });
});

describe('a process is not found', () => {
  test('if it carries another marker, or contains the marker elsewhere', async () => {
    const marker = createRunMarker();
    start(`sleep 30; : JAMDEV_RUN=${marker}`, {
      NOTE: `JAMDEV_RUN=${marker}`,
      ...markedEnvironment(createRunMarker(), {}),
    });
    expect(await find({ markers: new Set([marker]) })).toEqual([]);
  });

  test('if it is this program or one of its ancestors, even by their own records', async () => {
    const roots = await Promise.all([process.pid, process.ppid].map((pid) => identify('b', pid)));
    const found = await find({ roots });
    expect(found).not.toContain(process.pid);
    expect(found).not.toContain(process.ppid);
  });
});

test('both sources of the process table show the same markers', async () => {
  const marker = createRunMarker();
  const { pid } = start('exec sleep 30', markedEnvironment(marker, {}));
  await waitFor(async () => (await findProcess(pid)) !== undefined, 'it');
  for (const source of ['proc', 'ps'] as const) {
    if (source === 'proc' && process.platform !== 'linux') continue;
    await waitFor(async () => (await listMarkedProcesses(source)).markers.get(pid)?.includes(marker), source);
  }
});
