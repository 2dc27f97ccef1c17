import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Builder } from '../../src/builds/builder.js';
import { prepareStandbys } from '../../src/dev-server/standby.js';

/** A service whose builds the test controls. */
function makeService({ begun = true } = {}) {
  const events = new EventEmitter();
  const build = { kind: 'process', number: 1 };
  const told: string[] = [];
  const definitions = [{ name: 'doc' }];
  const definition = () => ({ warm: 2, warmPool: 0 });
  const builder = { events, goodBuilds: () => [{ build }], definitions, definition } as unknown as Builder;
  let finish: () => void = () => undefined;
  const begin = prepareStandbys({
    builder,
    runtime: {
      standBy: ({ warm, awaitsRenewal }) => told.push(`keep ${warm}${awaitsRenewal ? ' after the rollout' : ''}`),
      renewStandbys: () => told.push('replace older ones'),
    },
    rolledOut: () => {
      told.push('wait for the rollout');
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
    tell: () => undefined,
  });
  if (begun) {
    begin();
    told.splice(0);
  }
  return {
    told,
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
  const { told, isGood, isRolledOut } = makeService();
  isGood();
  // Other listeners of the same event begin to replace backends first.
  expect(told).toEqual(['keep 2 after the rollout']);
  await settle();
  expect(told).toEqual(['keep 2 after the rollout', 'wait for the rollout']);
  isRolledOut();
  await settle();
  expect(told).toEqual(['keep 2 after the rollout', 'wait for the rollout', 'replace older ones']);
});

test('a build with unchanged output keeps standby processes', async () => {
  const { told, isUnchanged } = makeService();
  isUnchanged();
  await settle();
  expect(told).toEqual(['keep 2']);
});

test('keeps no standby processes before the start, and then those for the build that is current', () => {
  const { told, isGood, begin } = makeService({ begun: false });
  isGood();
  expect(told).toEqual([]);
  begin();
  expect(told).toEqual(['keep 2']);
});
