import { expect, test } from 'vitest';
import { OutputFilter } from '../../src/build/output-filter.js';

function make() {
  let nowMs = 0;
  const contents = new Map<string, string>();
  const filter = new OutputFilter(
    () => nowMs,
    (file) => contents.get(file) ?? '',
  );
  const write = (file: string, content: string, isNew = false) => {
    contents.set(file, content);
    return filter.counts(file, isNew);
  };
  /** A build that writes a file. @returns whether that counts */
  const build = (number: number, file: string, content: string, isNew = false) => {
    filter.buildStarted(number);
    const counted = write(file, content, isNew);
    filter.buildEnded();
    nowMs += 1_000;
    return counted;
  };
  return { filter, write, build, pass: (ms: number) => (nowMs += ms) };
}

test('what comes into being during the first build is output, until someone changes it by hand', () => {
  const { write, build } = make();
  expect(build(1, 'dist/a.js', '1', true)).toBe(false);
  expect(build(2, 'dist/a.js', '2')).toBe(false);
  expect(write('dist/a.js', '3')).toBe(true);
  expect(write('src/a.ts', '1', true)).toBe(true);
});

test('a save in the middle of a build counts, in several builds in a row too', () => {
  const { build } = make();
  expect([1, 2, 3, 4].map((number) => build(number, 'server.js', String(number)))).toEqual([true, true, true, true]);
});

test('what a build writes again as it was is output', () => {
  const { build } = make();
  expect(build(1, 'dist/old.js', 'x')).toBe(true);
  expect(build(2, 'dist/old.js', 'x')).toBe(false);
  expect(build(3, 'dist/old.js', 'y')).toBe(false);
});

test('what comes out differently every time does not build for ever', () => {
  const { build } = make();
  const counted = [1, 2, 3, 4, 5, 6, 7].map((number) => build(number, 'dist/built-at.js', String(number)));
  expect(counted).toEqual([true, true, true, true, false, false, false]);
});

test('writes told just after the end belong to the build', () => {
  const { filter, write, pass } = make();
  filter.buildStarted(1);
  filter.buildEnded();
  pass(100);
  expect(write('dist/late.js', 'x', true)).toBe(false);
  pass(100);
  expect(write('src/a.ts', 'x')).toBe(true);
});
