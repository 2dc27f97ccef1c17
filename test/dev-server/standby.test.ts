import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Builder } from '../../src/builds/builder.js';
import { prepareStandbys } from '../../src/dev-server/standby.js';

/** A service whose builds and files do what the test says. */
function makeService({ begun = true } = {}) {
  const events = new EventEmitter();
  const build = { kind: 'process', number: 1 };
  const told: string[] = [];
  const definitions = [{ name: 'doc' }];
  const definition = () => ({ warm: 2, warmPool: 0 });
  const builder = { events, goodBuilds: () => [{ build }], definitions, definition };
  const listener = prepareStandbys(
    builder as unknown as Builder,
    { standBy: ({ warm }) => told.push(`keep ${warm}`), buildBegun: () => told.push('start again') },
    () => undefined,
  );
  if (begun) {
    listener.begin();
    told.splice(0);
  }
  return {
    told,
    listener,
    touched: () => listener.touched('doc'),
    untouched: () => listener.untouched('doc'),
    begins: () => events.emit('started', 'doc'),
    isGood: () => events.emit('good', 'doc'),
    isUnchanged: () => events.emit('unchanged', 'doc'),
  };
}

test('processes are started again with the first change before a build, once for each', () => {
  const service = makeService();
  for (let build = 0; build < 2; build += 1) {
    service.touched();
    service.touched();
    service.begins();
    service.isGood();
  }
  expect(service.told).toEqual(['start again', 'keep 2', 'start again', 'keep 2']);
});

test('a build that no change announced starts them again when it begins', () => {
  const service = makeService();
  service.begins();
  service.isUnchanged();
  expect(service.told).toEqual(['start again', 'keep 2']);
});

test('changes that start no build, as of a log, start them again once, and the next build does', () => {
  const service = makeService();
  for (let write = 0; write < 5; write += 1) {
    service.touched();
    service.untouched();
  }
  expect(service.told).toEqual(['start again']);
  service.begins();
  expect(service.told).toEqual(['start again', 'start again']);
});

test('nothing is kept before that has begun, and then what is good by then', () => {
  const { told, isGood, listener } = makeService({ begun: false });
  isGood();
  expect(told).toEqual([]);
  listener.begin();
  expect(told).toEqual(['keep 2']);
});
