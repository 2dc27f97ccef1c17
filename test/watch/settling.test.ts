import { expect, test } from 'vitest';
import { Settling } from '../../src/watch/settling.js';
import { HandClock } from '../support/hand-clock.js';

/** Settling on a clock that the test turns, with the number of changes in each report. */
function start() {
  const clock = new HandClock();
  const reports: number[] = [];
  let [dirty, found] = [0, 0];
  /** Whether each event changes another file, or nothing new. */
  let isNew = true;
  const settling = new Settling(
    {
      isDirty: () => dirty > 0,
      look: async () => {
        const grew = dirty > 0 && isNew;
        found += dirty;
        dirty = 0;
        return grew;
      },
      isHeld: () => false,
      deliver: () => {
        reports.push(found);
        found = 0;
      },
      onFault: (error) => {
        throw error;
      },
    },
    { nowMs: () => clock.monotonicMs(), pause: (ms) => new Promise((resolve) => clock.after(ms, resolve)) },
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.turn(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Makes this many changes at a fixed interval. */
  const change = async (count: number, everyMs: number) => {
    for (let index = 0; index < count; index += 1) {
      dirty += 1;
      settling.touch();
      await pass(everyMs);
    }
  };
  const repeatOneFile = () => {
    isNew = false;
  };
  return { reports, change, pass, repeatOneFile };
}

test('files written in quick succession are one change, even for longer than the quiet period', async () => {
  const { reports, change, pass } = start();
  await change(60, 20);
  expect(reports).toEqual([]);
  await pass(100);
  expect(reports).toEqual([60]);
});

test('two changes with a pause between them are two changes', async () => {
  const { reports, change, pass } = start();
  await change(1, 200);
  await change(1, 200);
  await pass(100);
  expect(reports).toEqual([1, 1]);
});

test('changes that wait for a file that keeps changing are reported after half a second', async () => {
  const { reports, change, repeatOneFile } = start();
  await change(1, 10);
  repeatOneFile();
  await change(40, 10);
  expect(reports).toEqual([]);
  await change(30, 10);
  expect(reports).toHaveLength(1);
});

test('an endless stream of files is reported in parts of ten seconds', async () => {
  const { reports, change } = start();
  await change(450, 20);
  expect(reports).toEqual([]);
  await change(100, 20);
  expect(reports).toHaveLength(1);
});
