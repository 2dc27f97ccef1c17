import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Status } from '../../src/contract/status.js';
import { STATUSES } from '../../src/contract/statuses.js';
import { findPublic, insertBackend } from '../../src/store/backends.js';
import { addStatus, rankOf, statusesAfter } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

const AT = new Date('2026-01-01T00:00:00.000Z');
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);

describePostgres('statuses', () => {
  const postgres = usePostgres();

  test('keep all their fields, and each backend begins with scheduled', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await insertBackend(store, newBackend({ id: 'a' }));
    const [ready, end] = [later(1), later(2)];
    expect(await addStatus(store, 'a', { status: 'ready', time: ready })).toBe(true);
    const last = { status: 'terminated', time: end, reason: 'swept', kind: 'soft', exitError: true } as const;
    expect(await addStatus(store, 'a', last)).toBe(true);
    const backend = await findPublic(store, 'a');
    expect(backend?.history).toEqual([
      { status: 'scheduled', time: backend?.createdAt },
      { status: 'ready', time: ready },
      last,
    ]);
    expect(backend?.endedAt).toEqual(end);
  });

  test('never move backward or repeat, whatever several programs add concurrently in any order', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom(...STATUSES), { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        async (writers) => {
          count += 1;
          const id = `b${count}`;
          await insertBackend(store, newBackend({ id }));
          const added: Status[] = [];
          await Promise.all(
            writers.map(async (statuses) => {
              for (const status of statuses) {
                if (await addStatus(store, id, { status, time: later(0) })) added.push(status);
              }
            }),
          );
          const kept = (await statusesAfter(store, id, undefined)).map(({ status }) => status);
          const ranks = kept.map(rankOf);
          expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
          expect([...added].sort()).toEqual(kept.slice(1).sort());
          // The furthest status is never lost.
          expect(Math.max(...ranks)).toBe(Math.max(0, ...writers.flat().map(rankOf)));
          const backend = await findPublic(store, id);
          expect(backend?.endedAt !== null).toBe(kept.includes('terminated'));
          const times = backend?.history.map(({ time }) => time.getTime()) ?? [];
          expect(times).toEqual([...times].sort((a, b) => a - b));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('are read exactly once each by a reader that continues after the last one it saw, while they are written', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    for (const id of ['a', 'b', 'c', 'd']) {
      await insertBackend(store, newBackend({ id }));
      const seen: Status[] = [];
      const read = async () => {
        while (seen.at(-1) !== 'terminated') {
          seen.push(...(await statusesAfter(store, id, seen.at(-1))).map(({ status }) => status));
        }
      };
      const write = async (statuses: readonly Status[]) => {
        for (const status of statuses) await addStatus(store, id, { status, time: later(0) });
      };
      await Promise.all([read(), write(STATUSES), write(['loading', 'waiting', 'terminating', 'terminated'])]);
      expect(seen).toEqual((await statusesAfter(store, id, undefined)).map(({ status }) => status));
    }
  });

  test('stay lost for a lost backend, whatever comes later', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await insertBackend(store, newBackend({ id: 'a' }));
    await addStatus(store, 'a', { status: 'terminated', time: later(1), reason: 'lost' });
    const before = await findPublic(store, 'a');
    for (const status of STATUSES) {
      expect(await addStatus(store, 'a', { status, time: later(2), reason: 'external' })).toBe(false);
    }
    expect(await findPublic(store, 'a')).toEqual(before);
  });

  test('with a time before the previous one, from a slow clock, get the previous time', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await insertBackend(store, newBackend({ id: 'a' }));
    await addStatus(store, 'a', { status: 'loading', time: AT });
    const [scheduled, loading] = await statusesAfter(store, 'a', undefined);
    expect(loading?.time).toEqual(scheduled?.time);
  });

  test('cannot be changed, misnamed or added without a backend, as PostgreSQL itself ensures', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await insertBackend(store, newBackend({ id: 'a' }));
    await expect(runSql(url, `update jamdev.backend_statuses set status = 'ready'`)).rejects.toThrow('never changed');
    await expect(
      runSql(
        url,
        `insert into jamdev.backend_statuses (backend_id, rank, status, time) values ('a', 3, 'ready', now())`,
      ),
    ).rejects.toThrow('check constraint');
    expect(await addStatus(store, 'nobody', { status: 'ready', time: AT })).toBe(false);
    expect(await statusesAfter(store, 'nobody', undefined)).toEqual([]);
  });
});
