import { expect, test } from 'vitest';
import { ChangedFiles } from '../../src/builds/changed-files.js';

const change = (absolute: string, before: string | undefined, now: string) => ({ absolute, before, now });

test('a change that is reverted leaves the fingerprint as it was', () => {
  const files = new ChangedFiles();
  const { fingerprint } = files;
  files.note([change('/a', 'one', 'two')]);
  expect(files.fingerprint).not.toBe(fingerprint);
  files.note([change('/a', 'two', 'one')]);
  expect(files.fingerprint).toBe(fingerprint);
});

test('the order of changes does not matter, and the last content does', () => {
  const [first, second] = [new ChangedFiles(), new ChangedFiles()];
  first.note([change('/a', '1', '2'), change('/b', '1', '2')]);
  second.note([change('/b', '1', '9')]);
  second.note([change('/b', '9', '2'), change('/a', '1', '2')]);
  expect(first.fingerprint).toBe(second.fingerprint);
});

test('a file whose earlier content is unknown counts as changed forever', () => {
  const files = new ChangedFiles();
  const { fingerprint } = files;
  files.note([change('/a', undefined, 'one')]);
  const known = files.fingerprint;
  expect(known).not.toBe(fingerprint);
  files.note([change('/a', 'one', 'two')]);
  files.note([change('/a', 'two', 'one')]);
  expect(files.fingerprint).toBe(known);
});

test('a change is unbuilt until a build that started after it succeeds', () => {
  const files = new ChangedFiles();
  files.note([change('/a', '1', '2')]);
  files.buildStarted();
  files.note([change('/b', '1', '2')]);
  // A failed build leaves it unbuilt.
  files.buildStarted();
  files.note([change('/c', '1', '2')]);
  expect(files.unbuilt).toEqual(['/a', '/b', '/c']);
  files.buildSucceeded();
  expect(files.unbuilt).toEqual(['/c']);
});

test('existing files that change during a build are distinguished from new ones', () => {
  const files = new ChangedFiles();
  files.note([change('/before', '1', '2')]);
  files.buildStarted();
  files.note([change('/saved', '1', '2'), change('/unknown', undefined, '2'), change('/new', 'ENOENT', '2')]);
  expect(files.replacedSinceStart).toEqual(['/saved', '/unknown']);
  files.buildStarted();
  expect(files.replacedSinceStart).toEqual([]);
});
