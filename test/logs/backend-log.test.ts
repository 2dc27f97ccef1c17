import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackendLog, type LogOwner } from '../../src/logs/backend-log.js';
import type { LogRecord } from '../../src/logs/log-format.js';
import { LogReader } from '../../src/logs/log-reader.js';
import { listSegments, MAX_SEGMENTS, SEGMENT_BYTES } from '../../src/logs/segments.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const OWNER: LogOwner = {
  backendId: 'abc',
  service: 'default',
  key: 'doc-1',
  runId: 'run',
  createdAt: '2026-01-01T00:00:00.000Z',
};

function openLog(folder: string) {
  const live: { source: LogRecord['source']; text: string }[] = [];
  const problems: (Error | undefined)[] = [];
  const log = new BackendLog(folder, OWNER, {
    onLines: (source, lines) => live.push(...lines.map((line) => ({ source, text: line.toString('utf8') }))),
    onUnfinished: () => undefined,
    onDisk: (error) => problems.push(error),
  });
  return { log, live, problems };
}

async function readAll(reader: LogReader): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let next = await reader.read(); next !== undefined; next = await reader.read()) records.push(next);
  return records;
}

async function readFolder(folder: string): Promise<{ source: string; text: string }[]> {
  const reader = new LogReader(folder);
  const records = await readAll(reader);
  await reader.close();
  return records.map(({ source, text }) => ({ source, text }));
}

test('any output in any chunks is read from disk exactly as it was reported live', async () => {
  const root = makeTempFolder();
  let number = 0;
  const chunk = fc.record({
    source: fc.constantFrom('stdout' as const, 'stderr' as const),
    bytes: fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '\n', '\r', '🦊', ' ') }).map((text) => Buffer.from(text)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk), async (chunks) => {
      number += 1;
      const folder = join(root, String(number));
      const { log, live, problems } = openLog(folder);
      for (const { source, bytes } of chunks) log.write(source, bytes);
      log.end();
      expect(problems).toEqual([]);
      expect(await readFolder(folder)).toEqual(live);
      for (const source of ['stdout', 'stderr']) {
        const printed = Buffer.concat(chunks.filter((each) => each.source === source).map(({ bytes }) => bytes));
        const expected = printed.toString('utf8').split('\n');
        if (expected.at(-1) === '') expected.pop();
        const got = live.filter((each) => each.source === source).map(({ text }) => text);
        expect(got).toEqual(expected.map((line) => line.replace(/\r$/, '')));
      }
    }),
  );
});

test('lines are on disk with their time when write returns', async () => {
  const folder = join(makeTempFolder(), 'abc');
  const { log } = openLog(folder);
  const before = Date.now();
  log.write('stdout', Buffer.from('one\ntw'));
  const [line] = readFileSync(join(folder, '1.log'), 'utf8').split('\n');
  expect(line).toMatch(/^\d+ o one$/);
  expect(Number(line?.split(' ')[0])).toBeGreaterThanOrEqual(before);
  log.end();
  expect(await readFolder(folder)).toEqual([
    { source: 'stdout', text: 'one' },
    { source: 'stdout', text: 'tw' },
  ]);
});

test('the owner is stored next to the log, and other users can read neither', () => {
  const folder = join(makeTempFolder(), 'deep', 'abc');
  const { log } = openLog(folder);
  log.write('stdout', Buffer.from('x\n'));
  log.end();
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))).toEqual(OWNER);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
});

test('a remark of several lines is stored as several lines', async () => {
  const folder = join(makeTempFolder(), 'abc');
  const { log, live } = openLog(folder);
  log.remark('one\n\nthree');
  log.end();
  expect(live).toEqual(['one', '', 'three'].map((text) => ({ source: 'jamdev', text })));
  expect(await readFolder(folder)).toEqual(live);
});

test('the last 20 lines of output are available, shortened and without remarks', () => {
  const { log } = openLog(join(makeTempFolder(), 'abc'));
  for (let i = 1; i <= 15; i += 1) log.write('stdout', Buffer.from(`out ${i}\n`));
  log.remark('not this');
  log.write('stderr', Buffer.from(Array.from({ length: 10 }, (_, i) => `err ${i + 1}\n`).join('')));
  expect(log.lastLines).toEqual([
    ...Array.from({ length: 10 }, (_, i) => `out ${i + 6}`),
    ...Array.from({ length: 10 }, (_, i) => `err ${i + 1}`),
  ]);
  log.write('stdout', Buffer.from(`${'x'.repeat(5_000)}\n`));
  expect(log.lastLines.at(-1)).toBe('x'.repeat(2_000));
  expect(log.lastRemark).toBe('not this');
  expect(log.lastLines).toHaveLength(20);
  log.end();
});

test('an ended log is marked as ended before its listeners hear of the end', () => {
  const seen: boolean[] = [];
  const log = new BackendLog(join(makeTempFolder(), 'abc'), OWNER, {
    onLines: () => seen.push(log.ended),
    onUnfinished: () => undefined,
    onDisk: () => undefined,
  });
  log.write('stdout', Buffer.from('unfinished'));
  expect(log.ended).toBe(false);
  log.end();
  expect(seen).toEqual([false, true]);
});

describe('rotation', () => {
  test('keeps only the newest segments, which the reader goes through in order', async () => {
    const folder = join(makeTempFolder(), 'abc');
    const { log } = openLog(folder);
    const line = Buffer.alloc(100_000, 'x');
    const linesPerSegment = Math.ceil(SEGMENT_BYTES / line.length);
    const total = linesPerSegment * 3;
    for (let i = 0; i < total; i += 1)
      log.write('stdout', Buffer.concat([Buffer.from(`${i} `), line, Buffer.from('\n')]));
    log.end();
    await waitFor(() => listSegments(folder).length <= MAX_SEGMENTS, 'the oldest segments to be removed');
    const bytes = listSegments(folder).reduce((sum, n) => sum + statSync(join(folder, `${n}.log`)).size, 0);
    expect(bytes).toBeLessThan((MAX_SEGMENTS + 0.1) * SEGMENT_BYTES);
    const numbers = (await readFolder(folder)).map(({ text }) => Number(text.split(' ')[0]));
    expect(numbers.at(-1)).toBe(total - 1);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] as number) + index));
    expect(numbers[0]).toBeGreaterThan(0);
  });

  test('under a reader that paused loses only what was deleted', async () => {
    const folder = join(makeTempFolder(), 'abc');
    mkdirSync(folder);
    writeFileSync(join(folder, '1.log'), '1 o a\n2 o b\n');
    const reader = new LogReader(folder);
    expect((await reader.read())?.text).toBe('a');
    writeFileSync(join(folder, '2.log'), '3 o c\n');
    writeFileSync(join(folder, '3.log'), '4 o d\n');
    appendFileSync(join(folder, '1.log'), '2 o late\n');
    rmSync(join(folder, '2.log'));
    expect((await readAll(reader)).map(({ text }) => text)).toEqual(['b', 'late', 'd']);
    await reader.close();
  });
});

describe('a reader', () => {
  test('of a growing log continues where it stopped', async () => {
    const folder = join(makeTempFolder(), 'abc');
    const reader = new LogReader(folder);
    expect(await reader.read()).toBeUndefined();
    const { log } = openLog(folder);
    log.write('stdout', Buffer.from('one\ntwo\n'));
    expect((await readAll(reader)).map(({ text }) => text)).toEqual(['one', 'two']);
    log.write('stdout', Buffer.from('three\n'));
    expect((await readAll(reader)).map(({ text }) => text)).toEqual(['three']);
    expect(await reader.read()).toBeUndefined();
    log.end();
    await reader.close();
    await reader.close();
  });

  test('skips incomplete lines', async () => {
    const folder = makeTempFolder();
    writeFileSync(join(folder, '1.log'), '1 o whole\n170000\n2 o also whole\n3 o no newline');
    expect((await readFolder(folder)).map(({ text }) => text)).toEqual(['whole', 'also whole']);
  });

  test('orders segments by number, not by name', async () => {
    const folder = makeTempFolder();
    for (const number of [10, 9, 2]) writeFileSync(join(folder, `${number}.log`), `1 o ${number}\n`);
    writeFileSync(join(folder, 'x.log'), '1 o x\n');
    writeFileSync(join(folder, '3.log.tmp'), '1 o tmp\n');
    expect((await readFolder(folder)).map(({ text }) => text)).toEqual(['2', '9', '10']);
  });

  test('reads the longest line completely, with the note that it was cut', async () => {
    const folder = join(makeTempFolder(), 'abc');
    const { log, live } = openLog(folder);
    log.write('stdout', Buffer.concat([Buffer.alloc(300 * 1024, 'x'), Buffer.from('\nnext\n')]));
    log.end();
    expect(live[0]?.text).toMatch(/^x{262144} … \(45056 bytes cut\)$/);
    expect(await readFolder(folder)).toEqual(live);
  });
});

test('an unwritable disk is reported, and lines still reach their listeners', () => {
  const folder = makeTempFolder();
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const { log, live, problems } = openLog(join(file, 'abc'));
  log.write('stdout', Buffer.from('one\n'));
  log.end();
  expect(problems.map((error) => (error as NodeJS.ErrnoException).code)).toEqual(['ENOTDIR']);
  expect(live).toEqual([{ source: 'stdout', text: 'one' }]);
  expect(log.lastLines).toEqual(['one']);
});

test('after a failed write the next line starts on a new line, and the recovery is reported', () => {
  const folder = join(makeTempFolder(), 'abc');
  const { log, problems } = openLog(folder);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  log.write('stdout', Buffer.from('lost\n'));
  log.write('stdout', Buffer.from('lost as well\n'));
  expect(problems).toHaveLength(1);
  rmSync(folder);
  log.write('stdout', Buffer.from('kept\nalso kept\n'));
  log.end();
  const files = listSegments(folder).map((number) => readFileSync(join(folder, `${number}.log`), 'utf8'));
  expect(files.join('')).toMatch(/^\n\d+ o kept\n\d+ o also kept\n$/);
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))).toEqual(OWNER);
  expect(problems).toEqual([expect.any(Error), undefined]);
});

test('if the next segment can’t be opened, existing ones stay, and lines continue in it later', async () => {
  const folder = makeTempFolder();
  const { log, live, problems } = openLog(folder);
  const big = Buffer.concat([Buffer.alloc(200 * 1024, 'x'), Buffer.from('\n')]);
  do log.write('stdout', big);
  while (statSync(join(folder, '1.log')).size <= SEGMENT_BYTES);
  mkdirSync(join(folder, '2.log'));
  log.write('stdout', Buffer.from('lost\n'));
  log.write('stdout', Buffer.from('lost\n'));
  rmSync(join(folder, '2.log'), { recursive: true });
  log.write('stdout', Buffer.from('kept\n'));
  log.end();
  expect(listSegments(folder)).toEqual([1, 2]);
  expect(problems).toEqual([expect.any(Error), undefined]);
  expect(await readFolder(folder)).toEqual(live.filter(({ text }) => text !== 'lost'));
});
