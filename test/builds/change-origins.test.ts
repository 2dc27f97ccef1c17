import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ChangeOrigins } from '../../src/builds/change-origins.js';
import { makeTempFolder } from '../support/project.js';

/** A file, and a clock that a test can move ahead of the real one. */
function makeOrigins() {
  const path = join(makeTempFolder(), 'file');
  let aheadMs = 0;
  const origins = new ChangeOrigins(() => Date.now() + aheadMs);
  const of = (noticedAtMs = performance.now()) => origins.of({ absolute: path, noticedAtMs });
  return { path, origins, of, turn: (ms: number) => (aheadMs += ms), write: () => writeFileSync(path, 'x') };
}

test('a file changed while a build runs may come from the build', async () => {
  const { origins, of, write } = makeOrigins();
  const span = origins.begin('build');
  write();
  expect(await of()).toBe('build');
  span.end();
  expect(await of()).toBe('build');
});

test('a file changed before or after a build has another origin', async () => {
  const { origins, of, write, turn } = makeOrigins();
  write();
  turn(1_000);
  origins.begin('build').end();
  expect(await of()).toBe('other');
  turn(-3_000);
  origins.begin('build').end();
  expect(await of()).toBe('other');
});

test('a file changed while a backend starts or ends may come from it, unless a build ran too', async () => {
  const { origins, of, write } = makeOrigins();
  origins.begin('backend');
  write();
  expect(await of()).toBe('backend');
  origins.begin('build');
  write();
  expect(await of()).toBe('build');
});

test('a missing file counts as deleted shortly before that was noticed', async () => {
  const { path, origins, of, write, turn } = makeOrigins();
  write();
  const span = origins.begin('build');
  rmSync(path);
  span.end();
  turn(50);
  expect(await of()).toBe('build');
  turn(10_000);
  expect(await of()).toBe('other');
});

test('a file that was rewritten unchanged counts as written', async () => {
  const { path, origins, write, turn } = makeOrigins();
  write();
  const startedAt = Date.now();
  expect(await origins.changedSince([path], startedAt + 1_000)).toEqual([]);
  write();
  expect(await origins.changedSince([path, `${path}-missing`], startedAt)).toEqual([path]);
  turn(0);
});

test.each([
  ['that has left processes running continues', Promise.resolve({ gone: new Promise<void>(() => undefined) }), 'build'],
  ['that has left no process running is over', Promise.resolve(undefined), 'other'],
] as const)('a build %s', async (_what, rest, origin) => {
  const { origins, of, write, turn } = makeOrigins();
  turn(-60_000);
  origins.begin('build').endUnless(rest);
  turn(60_000);
  write();
  expect(await of()).toBe(origin);
});
