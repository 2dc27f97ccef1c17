import { expect, test } from 'vitest';
import { insertBackend } from '../../src/store/backends.js';
import { claimBackends, releaseLeases, renewLeases } from '../../src/store/followers.js';
import { addStatus } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

/** Makes all leases expire, or those of one program. */
const runOut = (url: string, follower = '%') =>
  runSql(
    url,
    `update jamdev.backends set followed_until = clock_timestamp() - interval '1 ms' where follower like $1`,
    [follower],
  );

describePostgres('leases of followers', () => {
  const postgres = usePostgres();

  async function openWith(count: number) {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    for (let index = 0; index < count; index++) await insertBackend(store, newBackend({ id: `b${index}` }));
    return { url, store };
  }

  test('programs that claim at once share all backends, and none is followed twice', async () => {
    const { url, store } = await openWith(40);
    const programs = await Promise.all(Array.from({ length: 4 }, () => openTestStore(url)));
    const claimed = await Promise.all(
      programs.flatMap((program, index) =>
        Array.from({ length: 5 }, () => claimBackends(program, { follower: `f${index}`, limit: 3 })),
      ),
    );
    const rest = await claimBackends(store, { follower: 'f0', limit: 100 });
    const ids = [...claimed.flat(), ...rest].map(({ id }) => id);
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
    expect(await claimBackends(store, { follower: 'f9', limit: 100 })).toEqual([]);
  });

  test('a lease lasts 15 s by the database’s clock', async () => {
    const { url, store } = await openWith(1);
    await claimBackends(store, { follower: 'f1', limit: 1 });
    const [row] = await runSql<{ left: number }>(
      url,
      'select extract(epoch from followed_until - clock_timestamp())::float as left from jamdev.backends',
    );
    expect(row?.left).toBeGreaterThan(5);
    expect(row?.left).toBeLessThanOrEqual(15);
  });

  test('one of two programs gets an expired lease, with the last status, and the previous one is told', async () => {
    const { url, store } = await openWith(1);
    await claimBackends(store, { follower: 'old', limit: 1 });
    await addStatus(store, 'b0', { status: 'ready', time: new Date() });
    expect(await renewLeases(store, 'old')).toEqual(new Set(['b0']));
    await runOut(url);
    expect(await renewLeases(store, 'old')).toEqual(new Set());
    const others = await Promise.all([openTestStore(url), openTestStore(url)]);
    const claims = await Promise.all(
      others.map((other, index) => claimBackends(other, { follower: `f${index}`, limit: 1 })),
    );
    expect(claims.flat()).toEqual([{ id: 'b0', lastStatus: 'ready' }]);
    expect(await renewLeases(store, 'old')).toEqual(new Set());
    const winner = claims[0]?.length === 1 ? 'f0' : 'f1';
    expect(await renewLeases(store, winner)).toEqual(new Set(['b0']));
  });

  test('an ended backend is followed by no program, and its lease is not renewed', async () => {
    const { store } = await openWith(2);
    await claimBackends(store, { follower: 'f1', limit: 1 });
    for (const id of ['b0', 'b1']) await addStatus(store, id, { status: 'terminated', time: new Date() });
    expect(await renewLeases(store, 'f1')).toEqual(new Set());
    expect(await claimBackends(store, { follower: 'f2', limit: 10 })).toEqual([]);
  });

  test('a program that stops releases its own backends at once, and no others', async () => {
    const { store } = await openWith(3);
    await claimBackends(store, { follower: 'f1', limit: 1 });
    await claimBackends(store, { follower: 'f2', limit: 1 });
    await releaseLeases(store, 'f1');
    const free = await claimBackends(store, { follower: 'f3', limit: 10 });
    expect(free.map(({ id }) => id).sort()).toEqual(['b0', 'b2']);
    expect(await renewLeases(store, 'f2')).toEqual(new Set(['b1']));
  });
});
