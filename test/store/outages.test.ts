import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createToken, listTokens } from '../../src/store/api-tokens.js';
import { openDatabase } from '../../src/store/database.js';
import { openStore } from '../../src/store/open-store.js';
import type { Store } from '../../src/store/tables.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { CAN_MOUNT, mountTinyDisk } from '../support/tiny-disk.js';
import { waitFor } from '../support/wait.js';

const UNAVAILABLE = { code: 'DatabaseUnavailable', status: 503 };

function create(store: Store): Promise<string> {
  return createToken(store, { account: 'acme', scopes: ['read'], actor: 'operator:ann@host' });
}

/** Connections with a short deadline. */
function openShort(url: string) {
  const { db, close } = openDatabase<unknown>({ url, maxConnections: 1, statementMs: 1_000 });
  onTestFinished(close);
  return db;
}

const answers = (store: Store) => listTokens(store).catch(() => undefined);

describePostgres('a database', () => {
  const postgres = usePostgres();

  test('that crashes and comes back is used again without a restart', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await create(store);
    await postgres.crash();
    await expect(listTokens(store)).rejects.toMatchObject(UNAVAILABLE);
    await expect(create(store)).rejects.toMatchObject(UNAVAILABLE);
    await postgres.start();
    expect(await waitFor(() => answers(store), 'the database to answer')).toHaveLength(1);
    await create(store);
  });

  test('that ends a connection inside a transaction has rolled it back', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    const work = store.transaction().execute(async (transaction) => {
      await transaction.insertInto('accounts').values({ name: 'acme' }).execute();
      await runSql(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
      );
      await create(transaction);
    });
    await expect(work).rejects.toThrow();
    expect(await store.selectFrom('accounts').selectAll().execute()).toEqual([]);
  });

  test('that hangs is given up after a deadline, and used again once it continues', async () => {
    const db = openShort(await postgres.createDatabase());
    await sql`select 1`.execute(db);
    const thaw = await postgres.freeze();
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining('within'),
    });
    thaw();
    await waitFor(() => sql`select 1`.execute(db).catch(() => undefined), 'the database to answer');
  });

  test('that is slow does not answer late: the statement is cancelled there too', async () => {
    const url = await postgres.createDatabase();
    const db = openShort(url);
    await expect(sql`select pg_sleep(60)`.execute(db)).rejects.toMatchObject(UNAVAILABLE);
    const running = () =>
      runSql(
        url,
        `select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`,
      );
    await waitFor(async () => (await running()).length === 0, 'the statement to end');
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  });

  test('with a locked table is waited for no longer than the deadline', async () => {
    const url = await postgres.createDatabase();
    await runSql(url, 'create table one (id int)');
    const other = openShort(url);
    const db = openShort(url);
    await other
      .transaction()
      .execute(async (transaction) => {
        await sql`lock table one in access exclusive mode`.execute(transaction);
        await expect(sql`select * from one`.execute(db)).rejects.toMatchObject(UNAVAILABLE);
      })
      .catch((error) => expect(error).toMatchObject(UNAVAILABLE));
    await sql`select * from one`.execute(db);
  });

  test('without free connections is reported as such', async () => {
    const url = await postgres.createDatabase('connection limit 1');
    const role = `r${Date.now()}`;
    await runSql(
      url,
      `create role ${role} login; grant create on database ${new URL(url).pathname.slice(1)} to ${role}`,
    );
    const store = await openTestStore(url.replace('postgres@', `${role}@`));
    await store.transaction().execute(async (transaction) => {
      await transaction.selectFrom('accounts').selectAll().execute();
      await expect(listTokens(store)).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: expect.stringContaining('too many connections'),
      });
    });
    expect(await listTokens(store)).toEqual([]);
  });

  test('that is a standby is reported as read-only, and still answers', async () => {
    const url = await postgres.createDatabase();
    await openTestStore(url);
    await runSql(url, `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    const store = await openTestStore(url);
    expect(await listTokens(store)).toEqual([]);
    await expect(create(store)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining('read only'),
    });
  });

  test.skipIf(!CAN_MOUNT)(
    'with a full disk is reported as such, still answers, and accepts changes again once there is room',
    async () => {
      const disk = mountTinyDisk('32m');
      const folder = join(disk.folder, 'tablespace');
      mkdirSync(folder);
      chmodSync(disk.folder, 0o755);
      execFileSync('chown', ['postgres', folder]);
      await runSql(await postgres.createDatabase(), `create tablespace tiny location '${folder}'`);
      const url = await postgres.createDatabase('tablespace tiny');
      const store = await openTestStore(url);
      await create(store);
      disk.fill();
      const failure = await waitFor(
        () =>
          create(store).then(
            () => undefined,
            (error: unknown) => error,
          ),
        'the disk to be full',
      );
      expect(failure).toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining('disk full') });
      expect((await listTokens(store)).length).toBeGreaterThan(0);
      disk.free();
      await create(store);
      await store.destroy();
      await runSql(await postgres.createDatabase(), `drop database ${new URL(url).pathname.slice(1)} with (force)`);
      await runSql(await postgres.createDatabase(), 'drop tablespace tiny');
    },
  );

  test.each([
    ['a role that does not exist', (url: string) => url.replace('postgres@', 'nobody-here@'), 'role'],
    ['a database that does not exist', (url: string) => url.replace(/\/t[0-9a-f]+/, '/nothing'), 'no database'],
    ['TLS with a server that has none', (url: string) => `${url}&sslmode=require`, 'TLS'],
  ])('with a wrong URL is refused: %s', async (_what, spoil, mention) => {
    const url = spoil(await postgres.createDatabase());
    await expect(openStore(url)).rejects.toMatchObject({
      code: 'DatabaseUnusable',
      message: expect.stringContaining(mention),
    });
  });

  test('without a listener is reported', async () => {
    await expect(openStore('postgres://localhost:1/x')).rejects.toMatchObject(UNAVAILABLE);
  });

  test('behind a port that accepts and says nothing is given up, at the latest when the caller aborts', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const url = `postgres://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/x`;
    await expect(openStore(url, AbortSignal.abort(new Error('not wanted')))).rejects.toThrow('not wanted');
    await expect(openStore(url)).rejects.toMatchObject(UNAVAILABLE);
  });
});
