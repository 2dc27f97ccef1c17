import { expect, test } from 'vitest';
import { insertBackend } from '../../src/store/backends.js';
import { findHolder, isGivenUp, liveHolders, lostLastHolder } from '../../src/store/holders.js';
import { addStatus } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

/** What an array of PostgreSQL needs quoted, and what looks like more than one value. */
const ODD_KEYS = ['{a,b}', 'a,b', '"', "'", '\\', ' ', 'NULL', 'ключ', '👩‍🚀', '{}'];

const slot = (key: string, account = 'acme') => ({ account, service: 'doc', key });

describePostgres('holders of keys', () => {
  const postgres = usePostgres();

  test('those of many keys are found at once, each where it was asked for', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    for (const [index, key] of ODD_KEYS.entries()) await insertBackend(store, newBackend({ id: `b${index}`, key }));
    await insertBackend(store, newBackend({ id: 'older', key: 'two' }));
    await insertBackend(store, newBackend({ id: 'newer', key: 'two' }));
    await insertBackend(store, newBackend({ id: 'other', key: 'two', account: 'beta' }));
    await insertBackend(store, newBackend({ id: 'ended', key: 'gone' }));
    await addStatus(store, 'ended', { status: 'terminated', time: new Date() });
    await runSql(url, `update jamdev.backends set created_at = created_at - interval '1 s' where id = 'older'`);
    const asked = [...ODD_KEYS.map((key) => slot(key)), slot('two'), slot('gone'), slot('none'), slot('two', 'beta')];
    const found = await liveHolders(store, asked);
    expect(found.map((each) => each.map(({ id }) => id))).toEqual([
      ...ODD_KEYS.map((_, index) => [`b${index}`]),
      ['newer', 'older'],
      [],
      [],
      ['other'],
    ]);
  });

  test('it is given up from the moment that its end was written down', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await insertBackend(store, newBackend({ id: 'a' }));
    const read = async () => (await liveHolders(store, [slot('doc-1')]))[0]?.[0];
    expect(await read()).toMatchObject({ id: 'a', lastStatus: 'scheduled', environment: 'default', drone: null });
    expect(isGivenUp((await read()) as never)).toBe(false);
    await addStatus(store, 'a', { status: 'ready', time: new Date() });
    expect(isGivenUp((await read()) as never)).toBe(false);
    await addStatus(store, 'a', { status: 'terminating', time: new Date(), reason: 'external' });
    expect(isGivenUp((await read()) as never)).toBe(true);
    await addStatus(store, 'a', { status: 'terminated', time: new Date() });
    expect(await read()).toBeUndefined();
    expect(await findHolder(store, 'a')).toMatchObject({ id: 'a', lastStatus: 'terminated' });
    expect(await findHolder(store, 'b')).toBeUndefined();
  });

  test('the last one of a key is found without reading the others of its service', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await runSql(
      url,
      `insert into jamdev.backends (id, account, service, environment, key, key_given, cluster, image, created_at)
       select 'b' || n, 'acme', 'doc', 'default', 'key-' || n % 2000, true, 'c', 'i', now() - n * interval '1 s'
       from generate_series(1, 20000) n`,
    );
    await runSql(url, 'analyze jamdev.backends');
    for (const key of ['key-1999', 'never']) {
      const plan = await runSql(
        url,
        `explain (analyze, format json) select id from jamdev.backends
         where account = 'acme' and service = 'doc' and key = '${key}' order by created_at desc limit 1`,
      );
      expect(JSON.stringify(plan)).toContain('Index');
      expect(JSON.stringify(plan)).not.toContain('Rows Removed by Filter');
    }
    expect(await lostLastHolder(store, slot('key-7'))).toBeUndefined();
    await addStatus(store, 'b7', { status: 'terminated', time: new Date(), reason: 'lost' });
    expect(await lostLastHolder(store, slot('key-7'))).toMatchObject({ id: 'b7', lastStatus: 'terminated' });
    await addStatus(store, 'b2007', { status: 'terminated', time: new Date(), reason: 'lost' });
    await insertBackend(store, newBackend({ id: 'next', key: 'key-7' }));
    expect(await lostLastHolder(store, slot('key-7'))).toBeUndefined();
  });
});
