import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GrownFiles } from '../../src/builds/grown-files.js';
import { makeProject } from '../support/project.js';

const MEGABYTE = 1024 * 1024;

/** Changes to a file with the text `one\\n`, and whether it has only grown. */
const CHANGES: [what: string, change: (file: string) => void, hasGrown: boolean][] = [
  ['a line is added', (file) => appendFileSync(file, 'two\n'), true],
  ['a part of a line is added', (file) => appendFileSync(file, 't'), true],
  [
    'another file that begins with the same text replaces it',
    (file) => {
      writeFileSync(`${file}.new`, 'one\ntwo\n');
      renameSync(`${file}.new`, file);
    },
    true,
  ],
  ['nothing is added', (file) => writeFileSync(file, 'one\n'), false],
  ['a line is inserted at the beginning', (file) => writeFileSync(file, 'zero\none\n'), false],
  ['a letter is changed', (file) => writeFileSync(file, 'One\ntwo\n'), false],
  ['it is truncated', (file) => truncateSync(file, 2), false],
  ['it is emptied', (file) => truncateSync(file, 0), false],
  ['it is deleted', (file) => rmSync(file), false],
  [
    'a folder replaces it',
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    false,
  ],
  [
    'a device replaces it',
    (file) => {
      rmSync(file);
      symlinkSync('/dev/zero', file);
    },
    false,
  ],
];

test.each(CHANGES)('%s', async (_what, change, hasGrown) => {
  const file = join(makeProject({ 'a.log': 'one\n' }), 'a.log');
  const files = new GrownFiles(() => undefined);
  const note = (isAfterBuild = true) => files.findLogs([{ path: 'a.log', absolute: file }], isAfterBuild);
  expect(await note()).toEqual(new Set());
  change(file);
  expect(await note()).toEqual(new Set(hasGrown ? [file] : []));
});

test.each([
  ...['a.log', 'in/web.log.1', 'nohup.out', 'LOG', 'access_log', 'npm-debug.log', 'b.err'].map(
    (path) => [path, true] as const,
  ),
  ...['server.js', 'main.go', 'log.ts', 'blog', 'catalog', 'words.txt', 'a.log.ts', 'logs'].map(
    (path) => [path, false] as const,
  ),
])('%s that grows after builds counts as a log: %s; otherwise it is reported once', async (path, isLog) => {
  const absolute = join(makeProject({ [path]: '' }), path);
  const reported: string[] = [];
  const files = new GrownFiles((file) => reported.push(file));
  const grow = async (isAfterBuild: boolean, others: string[] = []) => {
    appendFileSync(absolute, 'line\n');
    const changes = [{ path, absolute }, ...others.map((other) => ({ path: other, absolute: `${absolute}-${other}` }))];
    return [...(await files.findLogs(changes, isAfterBuild))];
  };
  await grow(true);
  for (let round = 0; round < 10; round += 1) expect(await grow(true)).toEqual(isLog ? [absolute] : []);
  expect(reported).toEqual(isLog ? [] : [path]);
  for (let round = 0; round < 10; round += 1) {
    expect(await grow(false)).toEqual([]);
    for (let times = 0; times < 3; times += 1) await grow(true);
    await grow(true, ['b.js']);
  }
  expect(reported).toEqual(isLog ? [] : [path]);
});

test('a file counts from its second change on, each compared with the previous one', async () => {
  const file = join(makeProject({ 'a.log': '' }), 'a.log');
  const files = new GrownFiles(() => undefined);
  const change = async (text: string) => {
    appendFileSync(file, text);
    return (await files.findLogs([{ path: 'a.log', absolute: file }], true)).has(file);
  };
  expect([await change('one'), await change('two'), await change('three')]).toEqual([false, true, true]);
  writeFileSync(file, 'new');
  expect([await change('x'), await change('y')]).toEqual([false, true]);
  expect([await change('z'.repeat(5 * MEGABYTE)), await change('more')]).toEqual([true, false]);
});

test('many files that change at once are not logs', async () => {
  const folder = makeProject(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.log`, 'one'])));
  const changes = Array.from({ length: 30 }, (_, index) => ({
    path: `${index}.log`,
    absolute: join(folder, `${index}.log`),
  }));
  const files = new GrownFiles(() => undefined);
  for (let round = 0; round < 2; round += 1) {
    expect(await files.findLogs(changes, true)).toEqual(new Set());
    for (const { absolute } of changes) appendFileSync(absolute, 'more');
  }
});
