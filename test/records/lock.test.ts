import { linkSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findProcess } from '../../src/processes/process-table.js';
import { findHolder, type Lock, takeLock } from '../../src/records/lock.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const NAME = 'dev 1';

function releaseAtEnd(lock: Lock | undefined): Lock {
  if (lock === undefined) throw new Error('the lock is held');
  onTestFinished(() => lock.release());
  return lock;
}

/** The file of a lock's newest holder. */
function newestFile(folder: string): string {
  const [name = ''] = readdirSync(folder).filter((each) => /^[0-9a-f]+\.\d+$/.test(each));
  return join(folder, name);
}

/** Writes the file of a holder in another process. */
async function plantHolder(folder: string, note: object): Promise<void> {
  const { lock } = await takeLock({ folder, name: NAME });
  const path = newestFile(folder);
  lock?.release();
  writeFileSync(path, JSON.stringify({ pid: process.pid, startId: 'x', released: false, ...note }), { mode: 0o600 });
}

test('has one holder at a time, which is reported with its data, and is free as soon as it is released', async () => {
  const folder = join(makeTempFolder(), 'locks');
  const first = await takeLock({ folder, name: NAME });
  expect(first.afterCrash).toBe(false);
  expect((await takeLock({ folder, name: NAME })).holder).toMatchObject({ pid: process.pid, told: undefined });
  first.lock?.tell({ apiUrl: 'http://localhost:1' });
  expect((await takeLock({ folder, name: NAME })).holder?.told).toEqual({ apiUrl: 'http://localhost:1' });
  expect(await findHolder({ folder, name: NAME })).toMatchObject({ pid: process.pid });
  releaseAtEnd((await takeLock({ folder, name: 'another' })).lock);
  first.lock?.release();
  first.lock?.release();
  expect(await findHolder({ folder, name: NAME })).toBeUndefined();
  const second = await takeLock({ folder, name: NAME });
  expect(second.afterCrash).toBe(false);
  second.lock?.release();
});

test('of several concurrent attempts exactly one gets the lock, every time', async () => {
  const folder = join(makeTempFolder(), 'locks');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.boolean(), async (count, crashed) => {
      if (crashed) await plantHolder(folder, { pid: 2 ** 30 });
      const outcomes = await Promise.all(Array.from({ length: count }, () => takeLock({ folder, name: NAME })));
      const winners = outcomes.flatMap(({ lock }) => lock ?? []);
      expect(winners).toHaveLength(1);
      expect(outcomes.filter(({ afterCrash }) => afterCrash === crashed)).toHaveLength(1);
      for (const lock of winners) lock.release();
    }),
    { numRuns: 30 },
  );
  // Files do not accumulate.
  expect(readdirSync(folder).length).toBeLessThan(5);
});

describe('a holder that ended without releasing the lock leaves it free', () => {
  test('if no process has its pid', async () => {
    const folder = makeTempFolder();
    await plantHolder(folder, { pid: 2 ** 30 });
    const { lock, afterCrash } = await takeLock({ folder, name: NAME });
    releaseAtEnd(lock);
    expect(afterCrash).toBe(true);
  });

  test('if its pid belongs to another process', async () => {
    const folder = makeTempFolder();
    await plantHolder(folder, { pid: process.pid, startId: 'of an earlier boot' });
    releaseAtEnd((await takeLock({ folder, name: NAME })).lock);
  });

  test('if its lifeline exists and no process listens on it', async () => {
    const folder = makeTempFolder();
    const startId = (await findProcess(process.pid))?.startId;
    await plantHolder(folder, { pid: process.pid, startId, lifeline: 'abcdef.s' });
    expect((await takeLock({ folder, name: NAME })).holder?.pid).toBe(process.pid);
    // A socket without a listener, as after a crash: its second name stays when Node.js removes the first.
    const server = createServer().listen(join(folder, 'first'));
    await new Promise((resolve) => server.once('listening', resolve));
    linkSync(join(folder, 'first'), join(folder, 'abcdef.s'));
    await new Promise((resolve) => server.close(resolve));
    releaseAtEnd((await takeLock({ folder, name: NAME })).lock);
  });
});

test('without sockets, pid and start time identify the holder', async () => {
  const folder = join(makeTempFolder(), 'x'.repeat(110));
  const { lock } = await takeLock({ folder, name: NAME });
  releaseAtEnd(lock);
  expect(readdirSync(folder)).toHaveLength(1);
  expect((await takeLock({ folder, name: NAME })).holder?.pid).toBe(process.pid);
});

test('a lock that was deleted with the rest of the state is written again', async () => {
  const folder = join(makeTempFolder(), 'locks');
  const { lock } = await takeLock({ folder, name: NAME });
  releaseAtEnd(lock);
  rmSync(folder, { recursive: true });
  await waitFor(async () => (await findHolder({ folder, name: NAME })) !== undefined, 'the lock');
  expect((await takeLock({ folder, name: NAME })).holder?.pid).toBe(process.pid);
});

test('a lock taken by another holder after its deletion is written again once that holder has ended', async () => {
  const folder = join(makeTempFolder(), 'locks');
  const { lock } = await takeLock({ folder, name: NAME });
  releaseAtEnd(lock);
  const path = newestFile(folder);
  rmSync(folder, { recursive: true });
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path.replace(/1$/, '2'), JSON.stringify({ pid: 2 ** 30, startId: 'x', released: false }), {
    mode: 0o600,
  });
  await waitFor(async () => (await findHolder({ folder, name: NAME })) !== undefined, 'the lock');
  expect((await takeLock({ folder, name: NAME })).holder?.pid).toBe(process.pid);
  lock?.release();
  expect(await findHolder({ folder, name: NAME })).toBeUndefined();
});

test.each(['', 'null', '{', '[]', '{"pid":"1"}', `{"pid":1,"startId":"x","lifeline":"../../x.s"}`])(
  'a file that holds %j does not block the lock',
  async (text) => {
    const folder = makeTempFolder();
    await plantHolder(folder, {});
    writeFileSync(newestFile(folder), text, { mode: 0o600 });
    releaseAtEnd((await takeLock({ folder, name: NAME })).lock);
  },
);

test('a link in place of the folder of locks is refused', async () => {
  const folder = join(makeTempFolder(), 'locks');
  symlinkSync(makeTempFolder(), folder);
  await expect(takeLock({ folder, name: NAME })).rejects.toMatchObject({ code: 'StateFolderUnsafe' });
});
