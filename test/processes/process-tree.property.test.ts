import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProcessSnapshot } from '../../src/processes/process-snapshot.js';
import type { ProcessEntry } from '../../src/processes/process-table.js';
import { findMembers, type TreeRoot } from '../../src/processes/process-tree.js';

interface FakeProcess {
  entry: ProcessEntry;
  backendId: string | undefined;
}

const COUNT = 14;
/** Above every real pid, so that this process is never found. Linux assigns none above 4,194,304. */
const NO_PID = 5_000_000;

function fakeProcess(pid: number, ppid: number, pgid: number, startedAt: number, zombie = false): ProcessEntry {
  return { pid, ppid, pgid, startId: `${startedAt}`, startedAt, zombie, memoryBytes: 0, cpuMs: 0, childrenCpuMs: 0 };
}

const tables: fc.Arbitrary<FakeProcess[]> = fc
  .array(
    fc.record({
      ppid: fc.nat(COUNT),
      pgid: fc.nat(COUNT),
      startedAt: fc.nat(4),
      zombie: fc.boolean(),
      backendId: fc.constantFrom(undefined, undefined, 'a', 'b'),
    }),
    { maxLength: COUNT },
  )
  .map((all) =>
    all.map(({ ppid, pgid, startedAt, zombie, backendId }, index) => ({
      entry: fakeProcess(index + 1, ppid, pgid, startedAt, zombie),
      backendId,
    })),
  );

/** The same result, by repeatedly scanning all processes. */
function findSlowly(all: FakeProcess[], root: TreeRoot, known: readonly ProcessEntry[], strict: boolean) {
  const possible = all.filter(({ entry }) => entry.startedAt >= root.startedAt);
  const candidates = possible.filter(({ entry }) => !entry.zombie);
  const leader = candidates.find(({ entry }) => entry.pid === root.pid)?.entry;
  const isOurs = leader === undefined ? !strict : leader.startId === root.startId;
  const members = new Set<number>();
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const { entry, backendId } of candidates) {
      const wasKnown = known.some(({ pid, startId }) => pid === entry.pid && startId === entry.startId);
      const inGroup = isOurs && (entry.pid === root.pid || entry.pgid === root.pid);
      if (wasKnown || inGroup || backendId === root.backendId || members.has(entry.ppid)) members.add(entry.pid);
    }
  }
  const ended = possible.filter(({ entry }) => entry.zombie && members.has(entry.ppid)).map(({ entry }) => entry.pid);
  return { living: members, ended: new Set(ended) };
}

test('the tables of a snapshot find the same processes as a full scan', () => {
  let withMembers = 0;
  fc.assert(
    fc.property(
      tables,
      fc.nat(COUNT),
      fc.nat(3),
      fc.array(fc.nat(COUNT)),
      fc.boolean(),
      (all, pid, startedAt, old, strict) => {
        const snapshot = new ProcessSnapshot(
          all.map(({ entry }) => entry),
          ({ pid: each }) =>
            new Set(all.flatMap(({ entry, backendId }) => (entry.pid === each ? [String(backendId)] : []))),
        );
        const known = old.map((each) => fakeProcess(each, 0, 0, 2));
        // Several trees of one snapshot: one search must not consume what another needs.
        for (const backendId of ['a', 'b', 'a']) {
          const root = { backendId, pid, startId: `${startedAt}`, startedAt };
          const { living, ended } = findMembers(snapshot, root, { known, strict });
          if (living.length > 1) withMembers += 1;
          expect({
            living: new Set(living.map((each) => each.pid)),
            ended: new Set(ended.map((each) => each.pid)),
          }).toEqual(findSlowly(all, root, known, strict));
        }
      },
    ),
    { numRuns: 1_000 },
  );
  expect(withMembers).toBeGreaterThan(100);
});

test('for 200 backends, each environment is read once, and none of processes older than all of them', () => {
  const older = Array.from({ length: 50 }, (_, index) => fakeProcess(NO_PID + index, 1, NO_PID + index, 1));
  const own = Array.from({ length: 200 }, (_, index) =>
    fakeProcess(NO_PID + 100 + index, 1, NO_PID + 100 + index, 2 + index),
  );
  const read: number[] = [];
  const snapshot = new ProcessSnapshot([...older, ...own], ({ pid }) => {
    read.push(pid);
    return new Set();
  });
  for (const { pid, startId, startedAt } of own) {
    const { living } = findMembers(snapshot, { backendId: `backend-${pid}`, pid, startId, startedAt }, {});
    expect(living.map((each) => each.pid)).toEqual([pid]);
  }
  expect(read.sort()).toEqual(own.map(({ pid }) => pid));
});

test('an environment that cannot be read fails this search and is read again by the next one', () => {
  const [entry] = [fakeProcess(NO_PID, 1, 1, 2)];
  let isBroken = true;
  const snapshot = new ProcessSnapshot([entry], () => {
    if (isBroken) throw new Error('EMFILE');
    return new Set(['abc']);
  });
  const search = () =>
    findMembers(snapshot, { backendId: 'abc', pid: 1, startId: '1', startedAt: 1 }, { strict: true });
  expect(search).toThrow('EMFILE');
  isBroken = false;
  expect(search().living).toEqual([entry]);
});
