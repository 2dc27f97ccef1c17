import { expect, onTestFinished, test } from 'vitest';
import type { Status } from '../../src/contract/status.js';
import { STATUSES } from '../../src/contract/statuses.js';
import { insertBackend } from '../../src/store/backends.js';
import { StatusFeed } from '../../src/store/status-feed.js';
import { addStatus } from '../../src/store/statuses.js';
import type { Store } from '../../src/store/tables.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait.js';
import { newBackend } from './support.js';

const LIVE = STATUSES.slice(1);

describePostgres('the feed of statuses', () => {
  const postgres = usePostgres();

  async function open(url: string) {
    const store = await openTestStore(url);
    const feed = new StatusFeed(store, url);
    onTestFinished(() => feed.close());
    return { store, feed };
  }

  /** Collects what a reader receives. */
  function read(
    feed: StatusFeed,
    id: string,
    { after, signal = new AbortController().signal }: { after?: Status; signal?: AbortSignal } = {},
  ) {
    const seen: Status[] = [];
    const done = (async () => {
      for await (const { status } of feed.follow(id, signal, after)) seen.push(status);
    })();
    return { seen, done };
  }

  const add = (store: Store, id: string, status: Status) => addStatus(store, id, { status, time: new Date() });

  test('gives readers of two programs each status once, in order, and ends with the last one', async () => {
    const url = await postgres.createDatabase();
    const programs = [await open(url), await open(url)] as const;
    await insertBackend(programs[0].store, newBackend({ id: 'a' }));
    const readers = programs.flatMap(({ feed }) => [read(feed, 'a'), read(feed, 'a')]);
    await waitFor(() => readers.every(({ seen }) => seen.length === 1), 'the first status');
    for (const status of LIVE) await add(programs[1].store, 'a', status);
    await Promise.all(readers.map(({ done }) => done));
    for (const { seen } of readers) expect(seen).toEqual(STATUSES);
    const late = read(programs[0].feed, 'a');
    await late.done;
    expect(late.seen).toEqual(STATUSES);
  });

  test('continues for a reader elsewhere after what it saw, and ends after the last one', async () => {
    const url = await postgres.createDatabase();
    const { store, feed } = await open(url);
    await insertBackend(store, newBackend({ id: 'a' }));
    for (const status of LIVE) await add(store, 'a', status);
    const rest = read(feed, 'a', { after: 'waiting' });
    await rest.done;
    expect(rest.seen).toEqual(STATUSES.slice(STATUSES.indexOf('waiting') + 1));
    const nothing = read(feed, 'a', { after: 'terminated' });
    await nothing.done;
    expect(nothing.seen).toEqual([]);
  });

  test('continues after a restart of the database, without missing what was written around it', async () => {
    const url = await postgres.createDatabase();
    const { store, feed } = await open(url);
    await insertBackend(store, newBackend({ id: 'a' }));
    const reader = read(feed, 'a');
    await waitFor(() => reader.seen.length === 1, 'the first status');
    await postgres.crash();
    await postgres.start();
    for (const status of LIVE)
      await waitFor(() => add(store, 'a', status).catch(() => false), 'the database to take it');
    await reader.done;
    expect(reader.seen).toEqual(STATUSES);
  });

  test('misses nothing that is written while the connection for notifications is down', async () => {
    const url = await postgres.createDatabase();
    const { store, feed } = await open(url);
    await insertBackend(store, newBackend({ id: 'a' }));
    const reader = read(feed, 'a');
    const listening = () =>
      runSql(url, `select pid from pg_stat_activity where datname = current_database() and query like 'listen %'`);
    await waitFor(async () => reader.seen.length === 1 && (await listening()).length === 1, 'the listener');
    await runSql(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'`,
    );
    for (const status of LIVE) await add(store, 'a', status);
    await reader.done;
    expect(reader.seen).toEqual(STATUSES);
  });

  test('ends when its reader leaves, and when the database is down', async () => {
    const url = await postgres.createDatabase();
    const { store, feed } = await open(url);
    await insertBackend(store, newBackend({ id: 'a' }));
    const hangUp = new AbortController();
    const reader = read(feed, 'a', { signal: hangUp.signal });
    await waitFor(() => reader.seen.length === 1, 'the first status');
    hangUp.abort(new Error('hung up'));
    await expect(reader.done).rejects.toThrow('hung up');
    await postgres.crash();
    const later = new AbortController();
    const waiting = read(feed, 'a', { signal: later.signal });
    later.abort(new Error('hung up too'));
    await expect(waiting.done).rejects.toThrow('hung up too');
    await postgres.start();
  });
});
