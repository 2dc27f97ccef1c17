import { expect, test } from 'vitest';
import {
  countLive,
  discardBackend,
  findBackend,
  insertBackend,
  listLive,
  listUnended,
  setExitCode,
  updateBackend,
} from '../../src/store/backends.js';
import { listDrones, noteDrones, noteUnseenDrones, silentDrones } from '../../src/store/drones.js';
import { liveHolders } from '../../src/store/holders.js';
import { addStatus } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describePostgres('backends', () => {
  const postgres = usePostgres();
  const open = async () => openTestStore(await postgres.createDatabase());

  test('a backend is found as written, with all later additions', async () => {
    const store = await open();
    const backend = newBackend({ id: 'a', key: 'ключ/§', subdomain: 'a', memoryLimitBytes: 2 ** 33, keyGiven: false });
    expect(await insertBackend(store, backend)).toBe('inserted');
    await updateBackend(store, 'a', { drone: 'drone-1' });
    await updateBackend(store, 'a', { digest: 'sha256:1' });
    await setExitCode(store, 'a', 137);
    await setExitCode(store, 'a', 0);
    expect(await findBackend(store, 'acme', 'a')).toEqual({
      ...backend,
      drone: 'drone-1',
      digest: 'sha256:1',
      exitCode: 137,
      createdAt: expect.any(Date),
      endedAt: null,
      history: [{ status: 'scheduled', time: expect.any(Date) }],
    });
  });

  test('lists contain the living ones of one account, service or key, in order', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await insertBackend(store, newBackend({ id: 'b' }));
    await insertBackend(store, newBackend({ id: 'a' }));
    await insertBackend(store, newBackend({ id: 'c', service: 'chat' }));
    await insertBackend(store, newBackend({ id: 'd', key: 'doc-2' }));
    await insertBackend(store, newBackend({ id: 'ended' }));
    await insertBackend(store, newBackend({ id: 'other', account: 'beta' }));
    await addStatus(store, 'ended', { status: 'terminated', time: new Date() });
    expect(ids(await listLive(store, { account: 'acme' }))).toEqual(['b', 'a', 'c', 'd']);
    expect(ids(await listLive(store, { account: 'acme', service: 'chat' }))).toEqual(['c']);
    await runSql(
      url,
      `update jamdev.backends set created_at = created_at + interval '1 s' where id in ('c', 'd', 'other')`,
    );
    const before = (await findBackend(store, 'acme', 'c'))?.createdAt;
    expect(ids(await listLive(store, { account: 'acme', before }))).toEqual(['b', 'a']);
    expect((await liveHolders(store, [{ account: 'acme', service: 'doc', key: 'doc-1' }])).map(ids)).toEqual([
      ['a', 'b'],
    ]);
    expect(await countLive(store, 'acme')).toBe(4);
    await insertBackend(store, newBackend({ id: 'elsewhere', account: 'gamma', cluster: 'two' }));
    expect(ids(await listUnended(store, 'cluster'))).toEqual(['b', 'a', 'c', 'd', 'other']);
    expect((await listUnended(store, 'cluster'))[0]).toMatchObject({
      lastStatus: 'scheduled',
      drone: null,
      key: 'doc-1',
    });
    expect(await findBackend(store, 'beta', 'a')).toBeUndefined();
  });

  test('only a backend that never left its first status can be discarded', async () => {
    const store = await open();
    await insertBackend(store, newBackend({ id: 'a' }));
    await insertBackend(store, newBackend({ id: 'b' }));
    await addStatus(store, 'b', { status: 'loading', time: new Date() });
    for (const id of ['a', 'b']) await discardBackend(store, id);
    expect(ids(await listUnended(store, 'cluster'))).toEqual(['b']);
  });

  test('the last place of an account is given once, however many requests compete', async () => {
    const store = await open();
    await insertBackend(store, newBackend({ id: 'ended' }));
    await addStatus(store, 'ended', { status: 'terminated', time: new Date() });
    const insert = (account: string) => (_: unknown, index: number) =>
      insertBackend(store, newBackend({ id: `${account}${index}`, account }), { maxLive: 5 });
    const results = await Promise.all([
      ...Array.from({ length: 20 }, insert('acme')),
      ...Array.from({ length: 5 }, insert('beta')),
    ]);
    expect(results.slice(0, 20).filter((result) => result === 'inserted')).toHaveLength(5);
    expect(results.slice(20)).toEqual(Array.from({ length: 5 }, () => 'inserted'));
    expect(await countLive(store, 'acme')).toBe(5);
  });

  test('drones are known by when they were last seen', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    const drone = (name: string, ageSeconds: number) => ({ name, ageSeconds });
    await noteDrones(store, 'one', []);
    await noteDrones(store, 'one', [drone('b', 0), drone('a', 121)]);
    await noteDrones(store, 'two', [drone('c', 121)]);
    expect((await listDrones(store, 'one')).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await silentDrones(store, 'one', 120)).toEqual(['a']);
    await noteDrones(store, 'one', [drone('a', 3)]);
    expect(await silentDrones(store, 'one', 120)).toEqual([]);
    await noteDrones(store, 'one', [drone('a', 500)]);
    expect(await silentDrones(store, 'one', 120)).toEqual([]);
  });

  test('a drone that got a backend and was never seen counts as silent from then on', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    for (const [id, name] of Object.entries({ a: 'one', b: 'one', c: 'two', d: 'three', e: undefined })) {
      await insertBackend(store, newBackend({ id, cluster: id === 'd' ? 'other' : 'cluster' }));
      if (name !== undefined) await updateBackend(store, id, { drone: name });
    }
    await addStatus(store, 'c', { status: 'terminated', time: new Date() });
    await noteUnseenDrones(store, 'cluster');
    await runSql(url, `update jamdev.drones set last_seen_at = last_seen_at - interval '121 s'`);
    await noteUnseenDrones(store, 'cluster');
    expect(await silentDrones(store, 'cluster', 120)).toEqual(['one']);
    expect(await listDrones(store, 'other')).toEqual([]);
  });
});
