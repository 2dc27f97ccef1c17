import { expect, test } from 'vitest';
import { describeStuck } from '../../src/processes/describe-stuck.js';
import type { ProcessEntry } from '../../src/processes/process-table.js';
import type { TreeSample } from '../../src/processes/process-tree.js';
import { type Stuck, type TerminableTree, Termination } from '../../src/processes/termination.js';
import { waitFor } from '../support/wait.js';

/** Beyond the pids of the system, so that no signal reaches a process. */
const NOBODY = 2 ** 30;

function entry(pid: number): ProcessEntry {
  const none = { memoryBytes: 0, cpuMs: 0, childrenCpuMs: 0 };
  return { pid, ppid: 1, pgid: pid, startId: `start of ${pid}`, startedAt: 1, zombie: false, ...none };
}

/** A process tree that shows what the test says. */
function makeTree(sample: TreeSample) {
  const state = { sample, samples: 0, groupKills: 0 };
  const tree: TerminableTree = {
    leader: undefined,
    leaderExit: undefined,
    async sample() {
      state.samples += 1;
      return state.sample;
    },
    killGroup() {
      state.groupKills += 1;
    },
  };
  return { tree, state };
}

const EMPTY: TreeSample = { known: true, living: [], ended: [] };
const UNKNOWN: TreeSample = { known: false, cause: new Error('too many open files.') };

/** @returns a function that returns the result once it is over */
function watch(termination: Termination) {
  let end: { stuck: Stuck | undefined } | undefined;
  void termination.over.then((stuck) => {
    end = { stuck };
  });
  return () => end;
}

test('an unreadable tree does not count as ended: its group is killed, and the tree is read again', async () => {
  const { tree, state } = makeTree(UNKNOWN);
  const termination = new Termination(tree);
  const end = watch(termination);
  termination.ask();
  await waitFor(() => state.samples > 5, 'some samples');
  expect(state.groupKills).toBe(0);
  termination.force();
  await waitFor(() => state.groupKills > 3, 'the group to be killed');
  expect(end()).toBeUndefined();
  state.sample = EMPTY;
  await waitFor(end, 'the end');
  expect(end()).toEqual({ stuck: undefined });
});

test('a grace period ends in force, even while the tree is unreadable', async () => {
  const { tree, state } = makeTree(UNKNOWN);
  new Termination(tree, { givesUp: true, stuckMs: 50 }).ask(50);
  await waitFor(() => state.groupKills > 0, 'the group to be killed');
});

test('a process that survives SIGKILL is reported once and checked again at growing intervals', async () => {
  const { tree, state } = makeTree({ known: true, living: [entry(NOBODY)], ended: [] });
  const reports: Stuck[] = [];
  const termination = new Termination(tree, { stuckMs: 100, onStuck: (stuck) => reports.push(stuck) });
  const end = watch(termination);
  termination.force();
  const startedAt = performance.now();
  await waitFor(() => performance.now() - startedAt > 2_000, 'two seconds');
  expect(reports.map(({ living }) => living.map(({ pid }) => pid))).toEqual([[NOBODY]]);
  expect(end()).toBeUndefined();
  // Twenty at the shortest interval, and then one each time the wait has grown by a twentieth.
  expect(state.samples).toBeLessThan(20 + Math.log(2_000 / 200) / Math.log(1.05) + 10);
  state.sample = EMPTY;
  await waitFor(end, 'the end');
});

test('a caller with a time limit gets the remaining processes', async () => {
  const { tree } = makeTree({ known: true, living: [entry(NOBODY)], ended: [] });
  const termination = new Termination(tree, { stuckMs: 50, givesUp: true });
  termination.force();
  expect(await termination.over).toMatchObject({ living: [{ pid: NOBODY }] });
});

test('the reason why a process does not end is reported with a remedy', async () => {
  const living = [entry(NOBODY)];
  const [foreign, deaf, unknown] = await Promise.all([
    describeStuck({ living, refused: new Set([NOBODY]) }),
    describeStuck({ living, refused: new Set() }),
    describeStuck({ living: [], refused: new Set(), cause: new Error('too many open files.') }),
  ]);
  expect(foreign).toBe(
    `Process ${NOBODY} belongs to another user, so jamdev can't end it. To end it: \`sudo kill -9 ${NOBODY}\`.`,
  );
  expect(deaf).toContain(`Process ${NOBODY} is still running after SIGKILL`);
  expect(unknown).toBe('Some processes may still be running: too many open files.');
});
