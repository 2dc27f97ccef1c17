import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlainHold } from '../../src/platform/plain-hold.js';
import { HandClock } from '../support/hand-clock.js';

const IDLE_S = 5;
const IDLE_MS = IDLE_S * 1000;

function begin(): { hold: PlainHold; clock: HandClock; passed: () => number } {
  const clock = new HandClock();
  let passed = 0;
  const hold = new PlainHold(clock, IDLE_S, () => {
    passed += 1;
  });
  return { hold, clock, passed: () => passed };
}

describe('a session that only plain requests hold', () => {
  test('is noticed once, at the idle limit after the last request began', () => {
    const { hold, clock, passed } = begin();
    hold.opened(false);
    clock.turn(3_000);
    hold.opened(false)();
    clock.turn(IDLE_MS - 1);
    expect(passed()).toBe(0);
    clock.turn(1);
    expect(passed()).toBe(1);
    hold.opened(false);
    clock.turn(10 * IDLE_MS);
    expect(passed()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('is not noticed while a WebSocket is open, after which the time starts again', () => {
    const { hold, clock, passed } = begin();
    hold.opened(false);
    const close = hold.opened(true);
    clock.turn(10 * IDLE_MS);
    close();
    clock.turn(IDLE_MS - 1);
    expect(passed()).toBe(0);
    clock.turn(1);
    expect(passed()).toBe(1);
  });

  test('is not noticed if requests end in time: they renew it, or it is swept, as on Plane', () => {
    const { hold, clock, passed } = begin();
    for (let index = 0; index < 10; index += 1) {
      const close = hold.opened(false);
      clock.turn(IDLE_MS - 1);
      close();
    }
    clock.turn(10 * IDLE_MS);
    expect(passed()).toBe(0);
  });

  test('is no longer noticed after its end', () => {
    const { hold, clock, passed } = begin();
    hold.opened(false);
    hold.close();
    hold.opened(false);
    clock.turn(10 * IDLE_MS);
    expect({ passed: passed(), pending: clock.pending }).toEqual({ passed: 0, pending: 0 });
  });

  test('is noticed exactly when a model says so, whatever connections open and close', () => {
    const step = fc.oneof(
      fc.constantFrom('upgrade', 'request').map((kind) => ({ kind, value: 0 })),
      fc.nat().map((value) => ({ kind: 'close', value })),
      fc.constantFrom(1, 999, 2_500, 4_999, 5_000).map((value) => ({ kind: 'time', value })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { hold, clock, passed } = begin();
        const open: { isUpgrade: boolean; close: () => void }[] = [];
        let sinceMs = 0;
        let expected = 0;
        for (const { kind, value } of steps) {
          if (kind === 'time') {
            // In steps of a millisecond, nothing else could happen in between.
            clock.turn(value);
            const isHeld = open.length > 0 && open.every(({ isUpgrade }) => !isUpgrade);
            if (isHeld && clock.monotonicMs() - sinceMs >= IDLE_MS) expected = 1;
          } else if (kind === 'close') {
            const [closed] = open.splice(value % Math.max(1, open.length), 1);
            closed?.close();
            if (closed?.isUpgrade) sinceMs = clock.monotonicMs();
          } else {
            open.push({ isUpgrade: kind === 'upgrade', close: hold.opened(kind === 'upgrade') });
            sinceMs = clock.monotonicMs();
          }
        }
        expect(passed()).toBe(expected);
      }),
    );
  });
});
