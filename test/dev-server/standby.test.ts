import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Builder } from '../../src/builds/builder.js';
import { prepareStandbys } from '../../src/dev-server/standby.js';
import { HandClock } from '../support/hand-clock.js';

/** A service whose builds the test controls. */
function makeService({ begun = true } = {}) {
  const events = new EventEmitter();
  const build = { kind: 'process', number: 1 };
  const calls: string[] = [];
  const clock = new HandClock();
  const definitions = [{ name: 'doc' }];
  const definition = () => ({ warm: 2, warmPool: 0 });
  const builder = { events, goodBuilds: () => [{ build }], definitions, definition } as unknown as Builder;
  let finish: () => void = () => undefined;
  const begin = prepareStandbys({
    builder,
    runtime: {
      standBy: ({ warm, awaitsRenewal }) => calls.push(`keep ${warm}${awaitsRenewal ? ' after the rollout' : ''}`),
      renewStandbys: () => calls.push('replace older ones'),
    },
    rolledOut: () => {
      calls.push('wait for the rollout');
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
    tell: () => undefined,
    clock,
  });
  if (begun) {
    begin();
    calls.splice(0);
  }
  return {
    calls,
    clock,
    begin,
    isGood: () => events.emit('good', 'doc'),
    isUnchanged: () => events.emit('unchanged', 'doc'),
    isRolledOut: () => finish(),
  };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('standby processes of the previous build are replaced after running backends have moved to the new one', async () => {
  const { calls, isGood, isRolledOut } = makeService();
  isGood();
  // Other listeners of the same event begin to replace backends first.
  expect(calls).toEqual(['keep 2 after the rollout']);
  await settle();
  expect(calls).toEqual(['keep 2 after the rollout', 'wait for the rollout']);
  isRolledOut();
  await settle();
  expect(calls).toEqual(['keep 2 after the rollout', 'wait for the rollout', 'replace older ones']);
});

test('a rollout that hangs is not waited for forever', async () => {
  const { calls, clock, isGood } = makeService();
  isGood();
  await settle();
  clock.turn(9_999);
  await settle();
  expect(calls).toEqual(['keep 2 after the rollout', 'wait for the rollout']);
  clock.turn(1);
  await settle();
  expect(calls).toEqual(['keep 2 after the rollout', 'wait for the rollout', 'replace older ones']);
});

test('a build with unchanged output keeps standby processes', async () => {
  const { calls, isUnchanged } = makeService();
  isUnchanged();
  await settle();
  expect(calls).toEqual(['keep 2']);
});

test('keeps no standby processes before the start, and then those for the build that is current', () => {
  const { calls, isGood, begin } = makeService({ begun: false });
  isGood();
  expect(calls).toEqual([]);
  begin();
  expect(calls).toEqual(['keep 2']);
});
