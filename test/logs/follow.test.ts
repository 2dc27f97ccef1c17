import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LogOwner } from '../../src/logs/backend-log.js';
import { type OwnedRecord, type ReadLogsOptions, readLogs, toLogRecordJson } from '../../src/logs/follow.js';
import { LogStore } from '../../src/logs/log-store.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

function ownerOf(backendId: string): LogOwner {
  return {
    backendId,
    service: 'default',
    key: `key-${backendId}`,
    runId: 'run',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

/** A folder of logs, given as lines of `time text` by backend. */
function makeLogs(logs: Record<string, [time: number, text: string][]>): LogStore {
  const folder = makeTempFolder();
  for (const [id, lines] of Object.entries(logs)) {
    mkdirSync(join(folder, id));
    writeFileSync(join(folder, id, 'owner.json'), JSON.stringify(ownerOf(id)));
    writeFileSync(join(folder, id, '1.log'), lines.map(([time, text]) => `${time} o ${text}\n`).join(''));
  }
  return new LogStore(folder);
}

async function collect(stream: AsyncIterable<OwnedRecord>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { owner, record } of stream) seen.push(`${owner.backendId}: ${record.text}`);
  return seen;
}

/** Reads a store to its end, without following. */
function readOnce(store: LogStore, options: Partial<ReadLogsOptions> = {}, signal = new AbortController().signal) {
  return readLogs({ list: () => store.list(), follow: false, mayGrow: () => false, ...options }, signal);
}

const THREE = {
  aaa: [
    [1, 'one'],
    [4, 'four'],
    [4, 'four again'],
  ] as [number, string][],
  bbb: [
    [2, 'two'],
    [5, 'five'],
  ] as [number, string][],
  ccc: [[3, 'three']] as [number, string][],
};
const THREE_IN_ORDER = ['aaa: one', 'bbb: two', 'ccc: three', 'aaa: four', 'aaa: four again', 'bbb: five'];

test('several logs form one stream in time order', async () => {
  expect(await collect(readOnce(makeLogs(THREE)))).toEqual(THREE_IN_ORDER);
});

test('no logs form an empty stream', async () => {
  expect(await collect(readOnce(makeLogs({})))).toEqual([]);
});

test.each([0, 1, 2, 5, 6, 100])('with a tail of %d only that many last lines come', async (tail) => {
  const expected = tail === 0 ? [] : THREE_IN_ORDER.slice(-tail);
  expect(await collect(readOnce(makeLogs(THREE), { tail }))).toEqual(expected);
});

test('a short tail of a long log has exactly the last lines', async () => {
  const lines = Array.from({ length: 5_000 }, (_, i): [number, string] => [i, String(i)]);
  expect(await collect(readOnce(makeLogs({ aaa: lines }), { tail: 3 }))).toEqual([
    'aaa: 4997',
    'aaa: 4998',
    'aaa: 4999',
  ]);
});

test('reading stops when the signal aborts', async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  for await (const { record } of readOnce(makeLogs(THREE), {}, controller.signal)) {
    seen.push(record.text);
    if (seen.length === 2) controller.abort();
  }
  expect(seen).toEqual(['one', 'two']);
  expect(await collect(readOnce(makeLogs(THREE), {}, AbortSignal.abort()))).toEqual([]);
});

describe('following', () => {
  function follow(store: LogStore, more: Partial<ReadLogsOptions> = {}, signal?: AbortSignal) {
    let open = true;
    const controller = new AbortController();
    if (signal !== undefined) signal.addEventListener('abort', () => controller.abort());
    const { signal: either } = controller;
    const stream = readLogs({ list: () => store.list(), follow: true, mayGrow: () => open, ...more }, either, store);
    // A stream that is not read to its end holds a file open.
    onTestFinished(async () => {
      controller.abort();
      await stream.return();
    });
    const next = async (): Promise<string | undefined> => {
      const { value } = await stream.next();
      return value === undefined ? undefined : `${value.owner.backendId}: ${value.record.text}`;
    };
    return {
      stream,
      next,
      finish: () => {
        open = false;
      },
    };
  }

  test('sends existing lines, then live ones, then those of new backends, and ends when no more can come', async () => {
    const store = makeLogs({ old: [[1, 'before']] });
    const first = store.create(ownerOf('first'));
    first.write('stdout', Buffer.from('there already\n'));
    const { next, finish } = follow(store);
    expect(await next()).toBe('old: before');
    expect(await next()).toBe('first: there already');
    const live = next();
    first.write('stdout', Buffer.from('live\n'));
    expect(await live).toBe('first: live');
    const fromNew = next();
    const second = store.create(ownerOf('second'));
    second.write('stdout', Buffer.from('new here\n'));
    expect(await fromNew).toBe('second: new here');
    const end = next();
    first.end();
    finish();
    second.write('stdout', Buffer.from('last words'));
    second.end();
    expect(await end).toBe('second: last words');
    expect(await next()).toBeUndefined();
    expect(store.events.listenerCount('lines')).toBe(0);
  });

  test('with a tail of 0 sends only live lines', async () => {
    const store = makeLogs({});
    const log = store.create(ownerOf('abc'));
    log.write('stdout', Buffer.from('before\n'));
    const { next } = follow(store, { tail: 0 });
    let text: string | undefined;
    void next().then((value) => {
      text = value;
    });
    // A line that arrives while the tail is taken counts as existing, so several are needed.
    await waitFor(() => {
      log.write('stdout', Buffer.from('after\n'));
      return text !== undefined;
    }, 'a live line');
    expect(text).toBe('abc: after');
    log.end();
  });

  test('loses no lines while the reader is slow', async () => {
    const store = makeLogs({});
    const log = store.create(ownerOf('abc'));
    const { stream, finish } = follow(store);
    const written: string[] = [];
    const read: string[] = [];
    const write = () => {
      written.push(`abc: line ${written.length}`);
      log.write('stdout', Buffer.from(`line ${written.length - 1}\n`));
    };
    write();
    for await (const { owner, record } of stream) {
      read.push(`${owner.backendId}: ${record.text}`);
      if (written.length < 200) {
        write();
        if (read.length % 3 === 0) write();
      } else if (!log.ended) {
        finish();
        log.end();
      }
    }
    expect(read).toEqual(written);
  });

  test('ends when the signal aborts while it waits, and unsubscribes from the store', async () => {
    const store = makeLogs({});
    const controller = new AbortController();
    const { next } = follow(store, {}, controller.signal);
    const end = next();
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await end).toBeUndefined();
    expect(store.events.listenerCount('lines')).toBe(0);
  });

  test('unsubscribes from the store when the reader leaves', async () => {
    const store = makeLogs({
      abc: [
        [1, 'one'],
        [2, 'two'],
      ],
    });
    const { stream } = follow(store);
    for await (const _ of stream) break;
    expect(store.events.listenerCount('lines')).toBe(0);
  });
});

test('the wire form of a line has its owner and an ISO time', () => {
  const record = { timeMs: 5, source: 'stderr', text: 'oh' } as const;
  const wire = {
    time: '1970-01-01T00:00:00.005Z',
    backend: 'abc',
    service: 'default',
    key: 'key-abc',
    key_given: true,
    source: 'stderr',
    text: 'oh',
  };
  expect(toLogRecordJson({ owner: { ...ownerOf('abc'), keyGiven: true }, record })).toEqual(wire);
  expect(toLogRecordJson({ owner: { ...ownerOf('abc'), keyGiven: false }, record })).toEqual({
    ...wire,
    key_given: false,
  });
  // Logs of earlier versions lack it.
  expect(toLogRecordJson({ owner: ownerOf('abc'), record })).toEqual(wire);
});
