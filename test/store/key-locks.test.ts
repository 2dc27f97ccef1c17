import { expect, onTestFinished, test } from 'vitest';
import { KeyLocks } from '../../src/store/key-locks.js';
import { describePostgres, runSql, usePostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait.js';

const KEY = { account: 'acme', service: 'doc', key: 'doc-1' };
const NEVER = new AbortController().signal;

describePostgres('locks on keys', () => {
  const postgres = usePostgres();

  function open(url: string, waitMs?: number): KeyLocks {
    const locks = new KeyLocks(url, waitMs);
    onTestFinished(() => locks.close());
    return locks;
  }

  /** Holds a key until it is told to release it. */
  async function holdKey(locks: KeyLocks, key = KEY, signal = NEVER) {
    let release: () => void = () => undefined;
    const connected = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { promise, signal: seen } = await new Promise<{ promise: Promise<string>; signal: AbortSignal }>(
      (resolve, reject) => {
        const promise: Promise<string> = locks.hold(key, signal, async (taskSignal) => {
          setImmediate(() => resolve({ promise, signal: taskSignal }));
          await connected;
          return 'done';
        });
        promise.catch(reject);
      },
    );
    return { promise, release, signal: seen };
  }

  test('there is one holder at a time across two programs', async () => {
    const url = await postgres.createDatabase();
    const programs = [open(url), open(url)];
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        programs[index % 2]?.hold(KEY, NEVER, async () => {
          holders += 1;
          most = Math.max(most, holders);
          await new Promise(setImmediate);
          holders -= 1;
        }),
      ),
    );
    expect(most).toBe(1);
  });

  test('each key of each service and account has its own lock', async () => {
    const locks = open(await postgres.createDatabase());
    const keys = [KEY, { ...KEY, key: 'doc-2' }, { ...KEY, service: 'chat' }, { ...KEY, account: 'beta' }];
    const held = await Promise.all(keys.map((key) => holdKey(locks, key)));
    for (const { release } of held) release();
    expect(await Promise.all(held.map(({ promise }) => promise))).toEqual(['done', 'done', 'done', 'done']);
  });

  test('a failed task releases its lock, and its error is passed on', async () => {
    const url = await postgres.createDatabase();
    const locks = open(url);
    await expect(locks.hold(KEY, NEVER, () => Promise.reject(new Error('of the task')))).rejects.toThrow('of the task');
    expect(await open(url).hold(KEY, NEVER, async () => 'free')).toBe('free');
  });

  test('a lock that is not free in time gives KeyBusy, held by this program or another', async () => {
    const url = await postgres.createDatabase();
    // Long enough to connect to the database on a slow machine.
    const [first, second] = [open(url, 3_000), open(url, 3_000)];
    const { release, promise } = await holdKey(first);
    const late = [first, second].map((locks) => locks.hold(KEY, NEVER, async () => 'never'));
    for (const outcome of await Promise.allSettled(late)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'KeyBusy', status: 503 } });
    }
    release();
    await promise;
    expect(await second.hold(KEY, NEVER, async () => 'free')).toBe('free');
  });

  test('an aborted request stops waiting, and blocks no other', async () => {
    const url = await postgres.createDatabase();
    const [first, second] = [open(url), open(url)];
    const { release } = await holdKey(first);
    const gone = new AbortController();
    const waits = [first, second].map((locks) => locks.hold(KEY, gone.signal, async () => 'never'));
    await waitFor(async () => (await waiting(url)) === 1, 'the other program to wait');
    gone.abort(new Error('hung up'));
    for (const wait of waits) await expect(wait).rejects.toThrow('hung up');
    const next = second.hold(KEY, NEVER, async () => 'free');
    release();
    expect(await next).toBe('free');
    await expect(first.hold(KEY, gone.signal, async () => 'never')).rejects.toThrow('hung up');
  });

  test('the lock of a dead program is free, and a holder whose connection ends is told', async () => {
    const url = await postgres.createDatabase();
    const { signal, promise, release } = await holdKey(open(url));
    await runSql(url, 'select pg_terminate_backend(pid) from pg_locks where locktype = $1 and granted', ['advisory']);
    await waitFor(() => signal.aborted, 'the holder to be told');
    expect(signal.reason).toMatchObject({ code: 'DatabaseUnavailable' });
    expect(await open(url).hold(KEY, NEVER, async () => 'free')).toBe('free');
    release();
    expect(await promise).toBe('done');
  });

  test('without a database there is no lock', async () => {
    const locks = open('postgres://localhost:1/x');
    await expect(locks.hold(KEY, NEVER, async () => 'never')).rejects.toMatchObject({ code: 'DatabaseUnavailable' });
    await expect(locks.hold(KEY, NEVER, async () => 'never')).rejects.toMatchObject({ code: 'DatabaseUnavailable' });
  });
});

async function waiting(url: string): Promise<number> {
  const [row] = await runSql<{ count: number }>(
    url,
    `select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
  );
  return row?.count ?? 0;
}
