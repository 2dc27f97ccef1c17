import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/open-store.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** The advisory lock of the migration tool. */
const LOCK = '3853314791062309107';

const doneIn = (url: string) => runSql<{ name: string }>(url, 'select name from jamdev.migrations order by name');

describePostgres('migrations', () => {
  const postgres = usePostgres();

  test('20 programs that start at once migrate an empty database, with each change applied once', async () => {
    const url = await postgres.createDatabase();
    const stores = await Promise.all(Array.from({ length: 20 }, () => openStore(url)));
    onTestFinished(async () => void (await Promise.all(stores.map(({ close }) => close()))));
    const done = await doneIn(url);
    expect(new Set(done.map(({ name }) => name)).size).toBe(done.length);
    for (const { store } of stores) expect(await store.selectFrom('accounts').selectAll().execute()).toEqual([]);
  });

  test('a program killed during its migration leaves nothing half done, and blocks no other program', async () => {
    const url = await postgres.createDatabase();
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    onTestFinished(() => holder.end());
    await holder.query(`select pg_advisory_lock(${LOCK})`);
    const env = { ...process.env, JAMDEV_SERVE_DATABASE: url };
    const program = spawn(process.execPath, ['bin/jamdev.js', 'token', 'list'], { cwd: ROOT, env, stdio: 'ignore' });
    await waitFor(async () => (await waitingLocks(holder)) === 1, 'the program to wait for the lock');
    const ended = once(program, 'exit');
    program.kill('SIGKILL');
    await ended;
    await holder.query(`select pg_advisory_unlock(${LOCK})`);
    await openTestStore(url);
    expect(await doneIn(url)).not.toEqual([]);
  });

  test('a database changed by a newer version is refused, with the unknown migration', async () => {
    const url = await postgres.createDatabase();
    await openTestStore(url);
    await runSql(url, `insert into jamdev.migrations values ('999-later', '2030-01-01T00:00:00.000Z')`);
    await expect(openStore(url)).rejects.toMatchObject({
      code: 'DatabaseUnusable',
      message: expect.stringMatching(/newer version .* 999-later/),
      remedy: expect.stringContaining('Upgrade'),
    });
  });

  test('foreign tables in the same database stay unchanged, and none is added next to them', async () => {
    const url = await postgres.createDatabase();
    await runSql(url, 'create table backend (id text); create table api_tokens (other text)');
    const store = await openTestStore(url);
    await store.insertInto('accounts').values({ name: 'acme' }).execute();
    const tables = await runSql(url, `select table_name from information_schema.tables where table_schema = 'public'`);
    expect(tables).toHaveLength(2);
    expect(await runSql(url, 'select * from public.api_tokens')).toEqual([]);
  });
});

async function waitingLocks(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted`,
  );
  return rows[0].count;
}
