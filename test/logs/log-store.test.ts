import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogOwner } from '../../src/logs/backend-log.js';
import { findLogs, LogStore, listStoredLogs, MAX_LOGS, MAX_TOTAL_BYTES } from '../../src/logs/log-store.js';
import { makeTempFolder } from '../support/project.js';

function ownerOf(backendId: string, order = 0, more: Partial<LogOwner> = {}): LogOwner {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + order * 1000).toISOString();
  return { backendId, service: 'default', key: `key-${backendId}`, runId: 'own', createdAt, ...more };
}

/** A log left behind by an earlier dev server. */
function leaveLog(folder: string, owner: LogOwner, bytes = 10): void {
  const path = join(folder, owner.backendId);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
  writeFileSync(join(path, '1.log'), '');
  truncateSync(join(path, '1.log'), bytes);
}

test('a store lists its own logs and earlier ones, oldest first', () => {
  const folder = makeTempFolder();
  leaveLog(folder, ownerOf('zzz', 1));
  leaveLog(folder, ownerOf('aaa', 3));
  const store = new LogStore(folder);
  expect(store.created).toEqual([]);
  store.create(ownerOf('mmm', 2)).end();
  expect(store.list().map(({ owner }) => owner.backendId)).toEqual(['zzz', 'mmm', 'aaa']);
  expect(store.created).toEqual([{ owner: ownerOf('mmm', 2), folder: join(folder, 'mmm') }]);
});

test('skips files that are not logs and treats a missing folder as empty', () => {
  const folder = makeTempFolder();
  leaveLog(folder, ownerOf('good'));
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'torn'));
  writeFileSync(join(folder, 'torn', 'owner.json'), '{"backendId": "to');
  writeFileSync(join(folder, 'file'), '');
  expect(listStoredLogs(folder).map(({ owner }) => owner.backendId)).toEqual(['good']);
  expect(listStoredLogs(join(folder, 'nope'))).toEqual([]);
});

test.each(['null', '5', '{}', '{"backendId": 5, "createdAt": 7}', '[]'])(
  'a folder whose owner.json holds %s is not a log',
  (content) => {
    const folder = makeTempFolder();
    leaveLog(folder, ownerOf('good1', 1));
    leaveLog(folder, ownerOf('good2', 2));
    mkdirSync(join(folder, 'odd'));
    writeFileSync(join(folder, 'odd', 'owner.json'), content);
    expect(listStoredLogs(folder).map(({ owner }) => owner.backendId)).toEqual(['good1', 'good2']);
  },
);

test('a log is open until it has ended, and its listeners get lines and the end', () => {
  const store = new LogStore(makeTempFolder());
  const seen: string[] = [];
  store.events.on('lines', (log, source, lines) =>
    seen.push(`${log.owner.backendId} ${source} ${lines.join()} ${store.isOpen('abc')}`),
  );
  const log = store.create(ownerOf('abc'));
  expect(store.isOpen('abc')).toBe(true);
  log.write('stderr', Buffer.from('one\ntwo\n'));
  log.end();
  expect(seen).toEqual(['abc stderr one,two true', 'abc jamdev  false']);
});

test('a disk failure and its recovery are reported once, however many logs are affected', async () => {
  const folder = makeTempFolder();
  writeFileSync(join(folder, 'file'), '');
  const store = new LogStore(join(folder, 'file'));
  const notifications: string[] = [];
  store.events.on('diskProblem', (log, error) =>
    notifications.push(`${log.owner.backendId} ${(error as NodeJS.ErrnoException).code}`),
  );
  const log = store.create(ownerOf('abc'));
  log.write('stdout', Buffer.from('one\ntwo\n'));
  log.write('stdout', Buffer.from('three\n'));
  const other = store.create(ownerOf('def'));
  await Promise.resolve();
  expect(notifications).toEqual(['abc ENOTDIR']);
  store.events.on('diskRecovered', () => notifications.push('recovered'));
  rmSync(join(folder, 'file'));
  log.write('stdout', Buffer.from('four\n'));
  other.write('stdout', Buffer.from('five\n'));
  log.end();
  await Promise.resolve();
  expect(notifications).toEqual(['abc ENOTDIR', 'recovered']);
});

describe('finding a log', () => {
  test('by backend id reads it from disk', () => {
    const folder = makeTempFolder();
    leaveLog(folder, ownerOf('abc1'));
    const store = new LogStore(folder);
    expect(store.find('abc1')?.owner).toEqual(ownerOf('abc1'));
    expect(store.find('nope')).toBeUndefined();
  });

  test.each(['..', '../outside', 'a/b', '', '.', 'ABC', 'a\0b'])('by %j, which is not an id, reads no file', (id) => {
    const folder = makeTempFolder();
    leaveLog(folder, ownerOf('outside'));
    leaveLog(folder, ownerOf('ABC'));
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(ownerOf('outside')));
    expect(new LogStore(join(folder, 'logs')).find(id)).toBeUndefined();
    expect(new LogStore(folder).find(id)).toBeUndefined();
  });

  test('by name prefers the backend with that id, then the newest with that key', () => {
    const logs = [
      { owner: ownerOf('one', 1, { key: 'doc' }), folder: '1' },
      { owner: ownerOf('two', 2, { key: 'doc' }), folder: '2' },
      { owner: ownerOf('three', 3, { key: 'one' }), folder: '3' },
    ];
    const foldersOf = (name: string, running: string[] = []) =>
      findLogs(name, logs, (id) => running.includes(id)).map(({ folder }) => folder);
    expect(foldersOf('doc')).toEqual(['2']);
    expect(foldersOf('doc', ['one'])).toEqual(['1']);
    expect(foldersOf('doc', ['one', 'two'])).toEqual(['1', '2']);
    expect(foldersOf('one')).toEqual(['1']);
    expect(foldersOf('nope')).toEqual([]);
  });
});

describe('pruning', () => {
  test('keeps the newest logs', () => {
    const folder = makeTempFolder();
    for (let i = 0; i < MAX_LOGS + 3; i += 1) leaveLog(folder, ownerOf(`log${i}`, i));
    const store = new LogStore(folder);
    store.prune(new Set());
    expect(store.list()).toHaveLength(MAX_LOGS);
    expect(store.list()[0]?.owner.backendId).toBe('log3');
  });

  test('deletes the oldest ones beyond the total size limit', () => {
    const folder = makeTempFolder();
    // Sparse files: they count as large but take no space.
    const third = Math.ceil(MAX_TOTAL_BYTES / 3);
    for (let i = 0; i < 4; i += 1) leaveLog(folder, ownerOf(`log${i}`, i), third);
    const store = new LogStore(folder);
    store.prune(new Set());
    expect(store.list().map(({ owner }) => owner.backendId)).toEqual(['log2', 'log3']);
  });

  test('runs again whenever a log ends, and deletes those that ended first, whenever they began', () => {
    const folder = makeTempFolder();
    for (let i = 0; i < MAX_LOGS; i += 1) leaveLog(folder, ownerOf(`log${i}`, i));
    const store = new LogStore(folder);
    store.prune(new Set());
    const names = Array.from({ length: MAX_LOGS + 5 }, (_, index) => `own${index}`);
    const own = names.map((name, index) => store.create(ownerOf(name, MAX_LOGS + index)));
    for (const log of own) log.write('stdout', Buffer.from('hello\n'));
    // The one that began first ends last.
    for (const log of [...own].reverse()) log.end();
    expect(store.list().map(({ owner }) => owner.backendId)).toEqual(names.slice(0, MAX_LOGS));
    expect(store.created.map(({ owner }) => owner.backendId)).toEqual(names.slice(0, MAX_LOGS));
  });

  test('reads no other log when a log ends', () => {
    const folder = makeTempFolder();
    const store = new LogStore(folder);
    store.prune(new Set());
    expect(store.isPruned).toBe(true);
    for (let i = 0; i < MAX_LOGS + 1; i += 1) leaveLog(folder, ownerOf(`later${i}`, i));
    store.create(ownerOf('own', 1_000)).end();
    expect(store.list()).toHaveLength(MAX_LOGS + 2);
  });

  test('leaves open logs and those of other running dev servers alone', () => {
    const folder = makeTempFolder();
    const store = new LogStore(folder);
    const open = store.create(ownerOf('open', 0));
    leaveLog(folder, ownerOf('foreign', 1, { runId: 'other' }));
    for (let i = 0; i < MAX_LOGS + 1; i += 1) leaveLog(folder, ownerOf(`log${i}`, 2 + i));
    store.prune(new Set(['other']));
    expect(existsSync(join(folder, 'open'))).toBe(true);
    expect(existsSync(join(folder, 'foreign'))).toBe(true);
    expect(existsSync(join(folder, 'log0'))).toBe(false);
    open.end();
    leaveLog(folder, ownerOf('newest', 1_000));
    store.prune(new Set());
    expect(existsSync(join(folder, 'open'))).toBe(false);
    expect(existsSync(join(folder, 'foreign'))).toBe(false);
  });
});
