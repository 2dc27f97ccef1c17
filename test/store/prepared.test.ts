import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { findBackend, insertBackend, listLive } from '../../src/store/backends.js';
import { listDeployments } from '../../src/store/deployments.js';
import { pinImage } from '../../src/store/environments.js';
import { liveHolders } from '../../src/store/holders.js';
import { addStatus, statusesAfter } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

const NAME = { account: 'acme', service: 'doc', environment: 'default' };

describePostgres('statements that are prepared', () => {
  const postgres = usePostgres();

  test('are those that a connection runs again and again, with their own parameters each time', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await insertBackend(store, newBackend({ id }));
      expect(await findBackend(store, 'acme', id)).toMatchObject({ id });
    }
    const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(store);
    const reading = rows.filter(({ statement }) => /^select .* from "jamdev"."backends"/s.test(statement));
    expect(reading).toHaveLength(1);
    expect(rows.filter(({ statement }) => /^(begin|commit)/.test(statement))).toEqual([]);
  });

  test('go on when a newer version has added columns', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await insertBackend(store, newBackend({ id: 'a' }));
    await pinImage(store, { ...NAME, image: 'x:1', actor: 'ann' });
    const readAll = async () => [
      await findBackend(store, 'acme', 'a'),
      await listLive(store, { account: 'acme' }),
      await liveHolders(store, [{ account: 'acme', service: 'doc', key: 'doc-1' }]),
      await statusesAfter(store, 'a', undefined),
      await listDeployments(store, NAME, 10),
    ];
    const before = await readAll();
    for (let use = 0; use < 4; use += 1) await readAll();
    for (const table of ['backends', 'backend_statuses', 'deployments']) {
      await runSql(url, `alter table jamdev.${table} add column later text default 'x'`);
    }
    expect(await readAll()).toEqual(before);
    await pinImage(store, { ...NAME, image: 'x:2', actor: 'ann' });
    expect(await addStatus(store, 'a', { status: 'ready', time: new Date() })).toBe(true);
  });

  test('that fail leave the connection in use, and are prepared all the same', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const divide = (by: number) => sql<{ result: number }>`select 12 / ${by}::int as result`.execute(store);
    for (const by of [1, 0, 2, 0, 3, 0, 4]) {
      if (by === 0) await expect(divide(by)).rejects.toThrow('division by zero');
      else expect((await divide(by)).rows).toEqual([{ result: 12 / by }]);
    }
  });
});
